"""The link that restores the address, from the mail to the old one."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from shared_apps.accounts.models import EmailChange
from shared_apps.testing import PASSWORD
from shared_apps.users.models import ApiToken, User
from shared_apps.users.services import user_deactivate, user_reactivate
from shared_apps.users.verification import is_verified
from tests.accounts.mails import sent
from tests.conftest import ClientOf, SessionOf

from .changes import NEW, OLD, ask, change, email_of, mail_to


class TestUndoing:
    def test_restores_the_address_and_ends_all_sessions(
        self, browser: APIClient, bob: User
    ) -> None:
        path = change(browser)

        page = Client().get(path)
        assert (page.status_code, email_of(bob)) == (200, NEW)
        response = Client().post(path)
        assert email_of(bob) == OLD
        assert is_verified(bob)
        assert browser.get("/api/me/").status_code == 401
        assert response["Location"].startswith("/accounts/password/reset/")

    def test_leads_to_a_new_password(self, browser: APIClient, bob: User) -> None:
        visitor = Client()
        path = visitor.post(change(browser))["Location"]

        assert "Your email was restored" in visitor.get(path).content.decode()
        visitor.post(path, {"new": "another long password"})
        bob.refresh_from_db()
        assert bob.check_password("another long password")

    def test_tells_both_and_not_the_new_address_from_where(self, browser: APIClient) -> None:
        path = change(browser)
        Client().post(path)

        mails = sent()
        assert [each.subject for each in mails] == ["Your email was restored"] * 2
        assert "127.0.0.1" in mail_to(OLD, mails).body
        assert "127.0.0.1" not in mail_to(NEW, mails).body

    def test_works_once_and_for_7_days(self, browser: APIClient) -> None:
        path = change(browser)
        expiry = EmailChange.objects.get().expires_at
        assert timedelta(days=6, hours=23) < expiry - timezone.now() <= timedelta(days=7)

        EmailChange.objects.update(expires_at=timezone.now())
        assert Client().post(path).status_code == 410
        EmailChange.objects.update(expires_at=expiry)
        Client().post(path)
        assert Client().post(path).status_code == 410

    def test_undoes_later_changes_too(self, browser: APIClient, bob: User) -> None:
        """A thief changes the address twice; the link to their first one must not restore that."""
        first = change(browser)
        second = change(browser, "thief@evil.example")

        Client().post(first)
        assert email_of(bob) == OLD
        assert Client().post(second).status_code == 410
        assert email_of(bob) == OLD

    def test_ends_the_password_that_a_thief_knows(self, browser: APIClient, bob: User) -> None:
        """A thief who is faster than the user with a new password would end the link to it."""
        path = Client().post(change(browser))["Location"]

        form = {"username": OLD, "password": PASSWORD}
        assert Client().post("/accounts/login/", form).status_code == 200
        assert Client().get(path).status_code == 200

    @pytest.mark.parametrize(("days", "status"), [(0, 401), (2, 200)])
    def test_ends_tokens_that_a_thief_has_just_made(
        self, browser: APIClient, client_of: ClientOf, bob: User, days: int, status: int
    ) -> None:
        program = client_of(bob)
        ApiToken.objects.update(created_at=timezone.now() - timedelta(days=days))

        Client().post(change(browser))

        assert program.get("/api/me/").status_code == status

    def test_ends_changes_that_wait_for_their_link(self, browser: APIClient) -> None:
        """A thief asks for another address first, and keeps its link for later."""
        ask(browser, "thief@evil.example")
        waiting = EmailChange.objects.get()

        Client().post(change(browser))

        assert not EmailChange.objects.filter(pk=waiting.pk).exists()

    def test_does_not_replace_an_address_that_staff_set(
        self, browser: APIClient, bob: User
    ) -> None:
        """Also not after the user has changed theirs again."""
        path = change(browser)
        User.objects.filter(pk=bob.pk).update(email="by.staff@acme.example")

        assert Client().post(path).status_code == 410
        assert email_of(bob) == "by.staff@acme.example"

        change(browser, "next@acme.example")
        assert Client().post(path).status_code == 410
        assert email_of(bob) == "next@acme.example"

    def test_waits_while_the_user_is_deactivated(self, browser: APIClient, bob: User) -> None:
        path = change(browser)
        user_deactivate(user=bob)

        assert Client().post(path).status_code == 410
        assert email_of(bob) == NEW

        user_reactivate(user=bob)
        assert Client().post(path).status_code == 302
        assert email_of(bob) == OLD

    @pytest.mark.parametrize(("days", "stays"), [(0, False), (2, True)])
    def test_removes_a_second_factor_that_a_thief_has_just_added(
        self, session_of: SessionOf, bob: User, days: int, *, stays: bool
    ) -> None:
        added = TOTP.activate(bob, "JBSWY3DPEHPK3PXP").instance
        Authenticator.objects.update(created_at=timezone.now() - timedelta(days=days))
        browser = session_of(bob)

        browser.post(change(browser))

        assert Authenticator.objects.filter(pk=added.pk).exists() == stays

    def test_is_409_if_another_account_has_the_address_now(
        self, browser: APIClient, bob: User
    ) -> None:
        path = change(browser)
        User.objects.create_user("Bob@acme.example", "x", name="Another")

        response = Client().post(path)

        assert response.status_code == 409
        assert f"Another account uses {OLD}" in response.content.decode()
        assert email_of(bob) == NEW
        assert browser.get("/api/me/").status_code == 200
