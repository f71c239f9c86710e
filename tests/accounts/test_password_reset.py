"""/accounts/password/reset/: a form, the link in a mail, a new password."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from pytest_django import Settings

from shared_apps.audit.models import AuditEntry
from shared_apps.jobs.models import Job
from shared_apps.testing import PASSWORD
from shared_apps.users.models import ApiToken, SignInSession, User
from shared_apps.users.verification import is_verified
from tests.accounts.mails import link_in, sent
from tests.conftest import ClientOf, SessionOf

URL = "/accounts/password/reset/"
NEW = "another long password"


@pytest.fixture(autouse=True)
def no_limits(settings: Settings) -> None:
    settings.THROTTLES = dict.fromkeys(settings.THROTTLES, 0)


def link_for(email: str) -> str:
    response = Client().post(URL, {"email": email})
    assert response["Location"] == "/accounts/password/reset/sent/"
    (message,) = sent()
    return link_in(message)


def can_sign_in(user: User, password: str) -> bool:
    form = {"username": user.email, "password": password}
    return Client().post("/accounts/login/", form).status_code == 302


def test_the_link_in_the_mail_leads_to_a_new_password(bob: User) -> None:
    client, path = Client(), link_for(bob.email)

    page = client.get(path)
    response = client.post(path, {"new": NEW}, follow=True)

    assert page.status_code == 200
    assert response.redirect_chain == [("/accounts/login/", 302)]
    assert "Your password was changed" in response.content.decode()
    assert (can_sign_in(bob, PASSWORD), can_sign_in(bob, NEW)) == (False, True)


def test_opening_the_link_changes_nothing(bob: User) -> None:
    path = link_for(bob.email)

    Client().get(path)
    Client().head(path)

    assert can_sign_in(bob, PASSWORD)


def test_a_mail_tells_that_the_password_was_changed(bob: User) -> None:
    Client().post(link_for(bob.email), {"new": NEW})

    (message,) = sent()
    assert (message.subject, message.to) == ("Your password was changed", [bob.email])
    assert "127.0.0.1" in message.body
    assert link_in(message, "Choose a new password") == URL


def test_the_audit_log_names_the_user(bob: User) -> None:
    Client().post(link_for(bob.email), {"new": NEW})

    entry = AuditEntry.objects.filter(action="user.changed").latest("pk")
    assert (entry.actor, entry.subject, entry.data) == (
        bob.email,
        bob.email,
        {"fields": ["password"]},
    )


def test_all_sessions_of_the_user_end(session_of: SessionOf, bob: User) -> None:
    browser = session_of(bob)

    Client().post(link_for(bob.email), {"new": NEW})

    assert browser.get("/api/me/").status_code == 401
    assert not SignInSession.objects.filter(user=bob).exists()


@pytest.mark.parametrize("ends", [True, False])
def test_tokens_end_on_request(client_of: ClientOf, bob: User, ends: bool) -> None:
    program = client_of(bob)
    form = {"new": NEW, **({"end_tokens": "on"} if ends else {})}

    Client().post(link_for(bob.email), form)

    assert program.get("/api/me/").status_code == (401 if ends else 200)
    assert ApiToken.objects.filter(user=bob).exists() is not ends


def test_the_mail_goes_to_the_stored_spelling_of_the_address(bob: User) -> None:
    Client().post(URL, {"email": "BOB@ACME.example"})

    assert [message.to for message in sent()] == [[bob.email]]


def test_an_unverified_address_is_verified_by_it(bob: User) -> None:
    EmailAddress.objects.create(user=bob, email=bob.email, primary=True)

    Client().post(link_for(bob.email), {"new": NEW})

    assert is_verified(bob)
    assert can_sign_in(bob, NEW)


def test_no_token_is_in_the_queue(bob: User) -> None:
    path = link_for(bob.email)

    assert path.split("/")[-2] not in str(list(Job.objects.values_list("arguments", flat=True)))


def test_unknown_and_deactivated_users_get_no_mail(bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)

    for email in ("unknown@acme.example", bob.email):
        response = Client().post(URL, {"email": email})
        assert response["Location"] == "/accounts/password/reset/sent/"
    assert sent() == []


class TestALink:
    def test_works_once(self, bob: User) -> None:
        path = link_for(bob.email)
        Client().post(path, {"new": NEW})

        assert Client().get(path).status_code == 410
        assert Client().post(path, {"new": "a third long password"}).status_code == 410
        assert can_sign_in(bob, NEW)

    def test_survives_sign_ins_of_a_thief(self, bob: User) -> None:
        """A thief who signs in every few seconds must not end the links of the owner."""
        path = link_for(bob.email)

        assert can_sign_in(bob, PASSWORD)
        assert Client().get(path).status_code == 200
        assert Client().post(path, {"new": NEW})["Location"] == "/accounts/login/"

    def test_ends_after_an_hour(self, settings: Settings, bob: User) -> None:
        assert settings.PASSWORD_RESET_TIMEOUT == 3600
        path = link_for(bob.email)
        settings.PASSWORD_RESET_TIMEOUT = -1

        assert Client().get(path).status_code == 410

    def test_ends_when_the_user_is_deactivated(self, bob: User) -> None:
        path = link_for(bob.email)
        User.objects.filter(pk=bob.pk).update(is_active=False)

        assert Client().post(path, {"new": NEW}).status_code == 410

    def test_ends_when_the_user_gets_another_address(self, bob: User) -> None:
        path = link_for(bob.email)
        User.objects.filter(pk=bob.pk).update(email="robert@acme.example")

        assert Client().post(path, {"new": NEW}).status_code == 410

    def test_of_another_user_is_410(self, bob: User, carol: User) -> None:
        path = link_for(bob.email).replace(f"/{bob.pk}/", f"/{carol.pk}/")

        assert Client().post(path, {"new": NEW}).status_code == 410

    @pytest.mark.parametrize("path", ["1/x/", "1/x-y-z/", "0/%00/", f"{'9' * 50}/x/", "1/é/"])
    def test_that_is_invented_is_410(self, db: None, path: str) -> None:
        assert Client().get(f"{URL}{path}").status_code == 410
        assert Client().post(f"{URL}{path}", {"new": NEW}).status_code == 410


@pytest.mark.parametrize("password", ["", "short", "12345678901", "\0" * 20, "x" * 5000])
def test_a_bad_password_is_an_error_of_its_field(bob: User, password: str) -> None:
    response: Any = Client().post(link_for(bob.email), {"new": password})

    assert (response.status_code, list(response.context["form"].errors)) == (200, ["new"])
    assert can_sign_in(bob, PASSWORD)


@pytest.mark.parametrize("email", ["", "\0", "x", "é" * 10_000, "jürgen@example.com"])
def test_a_bad_address_is_an_error_of_its_field(db: None, email: str) -> None:
    response: Any = Client().post(URL, {"email": email})

    assert (response.status_code, list(response.context["form"].errors)) == (200, ["email"])
    assert not Job.objects.exists()


def test_mails_to_an_address_are_limited(settings: Settings, bob: User) -> None:
    settings.THROTTLES["mail_account"] = 2

    answers = [Client().post(URL, {"email": bob.email}).status_code for _ in range(3)]

    assert answers == [302, 302, 429]
    assert len(sent()) == 2


def test_mails_from_a_network_are_limited(settings: Settings, db: None) -> None:
    settings.THROTTLES["mail_address"] = 1

    answers = [Client().post(URL, {"email": f"{n}@acme.example"}).status_code for n in range(2)]

    assert answers == [302, 429]
