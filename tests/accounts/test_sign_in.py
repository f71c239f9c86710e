"""What happens between a right password on the sign-in page and the session."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.signals import user_logged_in
from django.test import Client

from shared_apps.audit.models import AuditEntry
from shared_apps.testing import PASSWORD
from shared_apps.users.models import User
from tests.accounts.conftest import Cost
from tests.conftest import SessionOf

URL = "/accounts/login/"


def sign_in(client: Client, user: User, password: str = PASSWORD, **query: str) -> Any:
    return client.post(URL, {"username": user.email, "password": password, **query})


def test_opens_one_session_and_tells_receivers_once(bob: User) -> None:
    seen: list[User] = []

    def receive(user: User, **_: Any) -> None:
        seen.append(user)

    user_logged_in.connect(receive)
    try:
        client = Client()
        response = sign_in(client, bob, next="/api/me/")
    finally:
        user_logged_in.disconnect(receive)

    assert (response.status_code, response["Location"]) == (302, "/api/me/")
    assert client.get("/api/me/").json()["name"] == "Bob"
    assert seen == [bob]


def test_signs_out_the_other_user_of_the_browser(
    session_of: SessionOf, bob: User, carol: User
) -> None:
    browser = session_of(bob)
    former = browser.session.session_key

    browser.post(URL, {"username": carol.email, "password": PASSWORD}, format="multipart")

    assert browser.get("/api/me/").json()["name"] == "Carol"
    assert browser.session.session_key != former
    assert AuditEntry.objects.filter(action="user.signed_out", actor=bob.email).exists()


class TestAnUnverifiedAddress:
    @pytest.fixture
    def unverified(self, bob: User) -> EmailAddress:
        address: EmailAddress = EmailAddress.objects.create(
            user=bob, email=bob.email.upper(), primary=True
        )
        return address

    def test_waits_on_a_page_that_names_the_address(
        self, unverified: EmailAddress, bob: User
    ) -> None:
        client = Client()
        response = sign_in(client, bob)
        page = client.get(response["Location"])

        assert response["Location"] == "/accounts/unverified/"
        assert bob.email in page.content.decode()
        assert client.get("/api/me/").status_code == 401

    def test_continues_once_it_is_verified(self, unverified: EmailAddress, bob: User) -> None:
        client = Client()
        sign_in(client, bob, next="/api/me/")
        unverified.delete()

        response = client.get("/accounts/unverified/")

        assert (response.status_code, response["Location"]) == (302, "/api/me/")
        assert client.get("/api/me/").json()["name"] == "Bob"

    @pytest.mark.parametrize("change", ["deactivated", "password"])
    def test_a_change_of_the_user_ends_the_sign_in(
        self, unverified: EmailAddress, bob: User, change: str
    ) -> None:
        client = Client()
        sign_in(client, bob)
        unverified.delete()
        if change == "deactivated":
            User.objects.filter(pk=bob.pk).update(is_active=False)
        else:
            bob.set_password("another horse")
            bob.save()

        response = client.get("/accounts/unverified/")

        assert response["Location"] == URL
        assert client.get("/api/me/").status_code == 401

    def test_a_wrong_password_does_not_show_that_it_exists(
        self, unverified: EmailAddress, bob: User
    ) -> None:
        response = sign_in(Client(), bob, password="wrong")

        assert response.status_code == 200
        assert "/accounts/unverified/" not in response.content.decode()

    def test_an_address_that_the_user_no_longer_has_does_not_matter(self, bob: User) -> None:
        EmailAddress.objects.create(user=bob, email="former@acme.example")

        assert sign_in(Client(), bob)["Location"] == "/"


def test_the_page_of_an_unverified_address_needs_a_sign_in(db: None) -> None:
    assert Client().get("/accounts/unverified/")["Location"] == URL


@pytest.mark.parametrize(
    ("url", "field"), [(URL, "username"), ("/api/auth/token/", "email")], ids=["page", "API"]
)
def test_unknown_and_known_addresses_cost_the_same(
    cost: Cost, alice: User, bob: User, carol: User, url: str, field: str
) -> None:
    """Also that of a user who has no password until they choose one, as after an undone change."""
    alice.set_unusable_password()
    alice.save()
    User.objects.filter(pk=carol.pk).update(is_active=False)

    def wrong(email: str) -> tuple[list[str], int]:
        return cost(lambda: Client().post(url, {field: email, "password": "wrong"}))

    known = wrong(bob.email)

    assert known[1] == 1
    assert wrong("unknown@acme.example") == known
    assert wrong(carol.email) == known
    assert wrong(alice.email) == known
