"""A mail for a sign-in with a browser that the user has not used before."""

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import Settings

from shared_apps.jobs.models import Job
from shared_apps.testing import PASSWORD
from shared_apps.users.models import User
from tests.accounts.mails import link_in, sent

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


def sign_in(client: Client, user: User, password: str = PASSWORD) -> None:
    client.post("/accounts/login/", {"username": user.email, "password": password})
    client.post("/accounts/logout/")


def mails() -> list[tuple[str, str, dict[str, str]]]:
    sent = [job.arguments["args"] for job in Job.objects.order_by("pk")]
    return [
        (to, template, dict(values["facts"]))
        for to, template, values in sent
        if template.startswith("accounts/")
    ]


def test_names_device_and_address_and_comes_once(bob: User) -> None:
    client = Client(REMOTE_ADDR="192.0.2.7", headers={"User-Agent": FIREFOX})

    sign_in(client, bob)
    sign_in(client, bob)

    ((to, template, facts),) = mails()
    assert (to, template) == (bob.email, "accounts/second_factor/new_device")
    assert (facts["Device"], facts["Address"]) == ("Firefox on Linux", "192.0.2.7")


def test_is_for_each_user_of_a_browser(bob: User, carol: User) -> None:
    client = Client()
    for user in (bob, carol, bob, carol):
        sign_in(client, user)

    assert [to for to, _, _ in mails()] == [bob.email, carol.email]


def test_is_not_for_the_browser_that_created_the_account(db: None, settings: Settings) -> None:
    settings.SIGN_UP = "open"
    client = Client()
    form = {"email": "ada@example.com", "name": "Ada", "password": PASSWORD}
    client.post("/accounts/signup/", form)
    client.post(link_in(sent()[0]))
    assert client.get("/api/me/").json()["email"] == "ada@example.com"
    client.post("/accounts/logout/")

    ada = User.objects.get(email="ada@example.com")

    sign_in(client, ada)
    assert sent() == []

    sign_in(Client(), ada)
    assert [message.subject for message in sent()] == ["New sign-in to your account"]


def test_is_for_the_first_browser_of_a_user_of_staff_or_of_the_api(bob: User) -> None:
    """A thief may be the first who signs in with a browser."""
    assert bob.last_login is None

    sign_in(Client(), bob)

    assert len(mails()) == 1


def test_is_not_for_a_wrong_password(bob: User) -> None:
    sign_in(Client(), bob, "wrong")

    assert mails() == []


class TestANewPassword:
    """A thief who knew the old one may have signed in with a browser that became known."""

    NEW = "another long password"

    def test_makes_all_other_browsers_new(self, bob: User) -> None:
        mine, thief = Client(), Client()
        sign_in(mine, bob)
        sign_in(thief, bob)
        mine.post("/accounts/login/", {"username": bob.email, "password": PASSWORD})
        mine.post("/accounts/password/change/", {"current": PASSWORD, "new": self.NEW})
        mine.post("/accounts/logout/")
        before = len(mails())

        sign_in(mine, bob, self.NEW)
        assert len(mails()) == before

        sign_in(thief, bob, self.NEW)
        assert mails()[before:][0][1] == "accounts/second_factor/new_device"

    def test_does_not_make_a_browser_known_that_was_new(self, bob: User) -> None:
        """It may have a copied session."""
        browser = Client()
        browser.post("/accounts/login/", {"username": bob.email, "password": PASSWORD})
        del browser.cookies[settings.DEVICE_COOKIE_NAME]

        browser.post("/accounts/password/change/", {"current": PASSWORD, "new": self.NEW})

        assert settings.DEVICE_COOKIE_NAME not in browser.cookies

    def test_leaves_the_other_users_of_the_browser_known(self, bob: User, carol: User) -> None:
        client = Client()
        sign_in(client, bob)
        sign_in(client, carol)
        bob.set_password(self.NEW)
        bob.save()

        sign_in(client, carol)
        sign_in(client, bob, self.NEW)

        assert [to for to, _, _ in mails()] == [bob.email, carol.email, bob.email]


@pytest.mark.parametrize("forged", ["[1]", "x:y:z", ""])
def test_a_cookie_of_somebody_else_is_not_believed(bob: User, forged: str) -> None:
    client = Client()
    client.cookies[settings.DEVICE_COOKIE_NAME] = forged

    sign_in(client, bob)

    assert len(mails()) == 1


def test_the_cookie_is_not_for_scripts_and_other_hosts(bob: User) -> None:
    client = Client()
    sign_in(client, bob)
    cookie = client.cookies[settings.DEVICE_COOKIE_NAME]

    assert settings.DEVICE_COOKIE_NAME.startswith("__Host-")
    assert cookie["httponly"]
    assert cookie["secure"]
    assert cookie["samesite"] == "Lax"
