"""/accounts/email/: confirmed from the new address, undone from the old one."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from shared_apps.accounts.models import EmailChange
from shared_apps.accounts.tasks import clear_expired_links
from shared_apps.audit.models import AuditEntry
from shared_apps.jobs.models import Job
from shared_apps.testing import PASSWORD
from shared_apps.users.models import ApiToken, User
from shared_apps.users.services import user_deactivate, user_reactivate
from shared_apps.users.verification import is_verified
from tests.accounts.mails import link_in, sent
from tests.conftest import ClientOf, SessionOf

URL = "/accounts/email/"
OLD, NEW = "bob@acme.example", "robert@acme.example"


@pytest.fixture(autouse=True)
def no_limits(settings: Settings) -> None:
    settings.THROTTLES = dict.fromkeys(settings.THROTTLES, 0)


@pytest.fixture
def browser(session_of: SessionOf, bob: User) -> APIClient:
    return session_of(bob)


def ask(browser: APIClient, email: str = NEW, password: str = PASSWORD) -> Any:
    return browser.post(URL, {"email": email, "password": password}, format="multipart")


def mail_to(address: str, mails: list[Any]) -> Any:
    (found,) = (each for each in mails if each.to == [address])
    return found


def change(browser: APIClient, email: str = NEW) -> str:
    """Change the address, and return the path of the link that undoes it."""
    old = browser.get("/api/me/").json()["email"]
    ask(browser, email)
    assert browser.post(link_in(mail_to(email, sent()))).status_code == 302
    return link_in(mail_to(old, sent()), "Restore my email")


def email_of(user: User) -> str:
    user.refresh_from_db()
    return user.email


class TestAsking:
    def test_stores_an_unusual_spelling_in_one_that_is_found(
        self, browser: APIClient, bob: User
    ) -> None:
        ask(browser, "robert@\uff41cme.example")  # A full-width a.

        assert EmailChange.objects.get(user=bob).new_email == NEW

    def test_changes_nothing_and_tells_both_addresses(self, browser: APIClient, bob: User) -> None:
        response = ask(browser)

        mails = sent()
        assert response["Location"] == "/accounts/email/sent/"
        assert mail_to(NEW, mails).subject == "Confirm your email"
        assert mail_to(OLD, mails).subject == "Your email is about to be changed"
        assert NEW in mail_to(OLD, mails).body
        assert all("127.0.0.1" in each.body for each in mails)
        assert email_of(bob) == OLD

    def test_needs_the_password_and_counts_a_wrong_one(
        self, browser: APIClient, settings: Settings
    ) -> None:
        settings.THROTTLES["sign_in_account"] = 1

        response = ask(browser, password="wrong")

        assert list(response.context["form"].errors) == ["password"]
        assert ask(browser).status_code == 429
        assert sent() == []
        assert AuditEntry.objects.filter(action="sign_in.failed", subject=OLD).exists()

    def test_answers_the_same_for_an_address_with_an_account(
        self, browser: APIClient, carol: User
    ) -> None:
        assert ask(browser, carol.email)["Location"] == "/accounts/email/sent/"

    @pytest.mark.parametrize("email", ["BOB@ACME.example", OLD])
    def test_for_the_present_address_is_an_error(self, browser: APIClient, email: str) -> None:
        assert list(ask(browser, email).context["form"].errors) == ["email"]
        assert sent() == []

    @pytest.mark.parametrize("email", ["", "\0", "x", "é" * 10_000, "jürgen@example.com"])
    def test_for_a_bad_address_is_an_error(self, browser: APIClient, email: str) -> None:
        assert list(ask(browser, email).context["form"].errors) == ["email"]

    def test_has_a_limit_of_mails(self, browser: APIClient, settings: Settings) -> None:
        settings.THROTTLES["mail_account"] = 1

        assert [ask(browser).status_code for _ in range(2)] == [302, 429]

    def test_needs_a_sign_in(self, db: None) -> None:
        assert Client().get(URL)["Location"] == f"/accounts/login/?next={URL}"

    def test_for_an_address_that_staff_changed_verifies_it(self, browser: APIClient) -> None:
        User.objects.filter(email=OLD).update(email=NEW)

        assert "not verified" in browser.get(URL).content.decode()
        ask(browser, NEW)
        path = link_in(mail_to(NEW, sent()))
        assert browser.post(path)["Location"] == "/"
        assert is_verified(User.objects.get(email=NEW))


class TestConfirming:
    def test_changes_the_address_which_is_verified(self, browser: APIClient, bob: User) -> None:
        ask(browser)
        path = link_in(mail_to(NEW, sent()))

        assert NEW in browser.get(path).content.decode()
        assert email_of(bob) == OLD
        assert browser.post(path)["Location"] == "/"
        assert email_of(bob) == NEW
        assert is_verified(bob)
        entry = AuditEntry.objects.filter(action="user.changed").latest("pk")
        assert entry.data == {"fields": ["email"], "email_before": OLD}

    def test_keeps_the_session_and_tells_both_addresses(self, browser: APIClient) -> None:
        ask(browser)
        browser.post(link_in(mail_to(NEW, sent())))

        mails = sent()
        assert browser.get("/api/me/").json()["email"] == NEW
        assert [each.subject for each in mails] == ["Your email was changed"] * 2
        assert "Restore my email" in mail_to(OLD, mails).body
        assert "Restore my email" not in mail_to(NEW, mails).body

    def test_is_for_the_user_who_asked(
        self, browser: APIClient, session_of: SessionOf, bob: User, carol: User
    ) -> None:
        """The new address may be a stranger's, by a typo."""
        ask(browser)
        path = link_in(mail_to(NEW, sent()))

        assert Client().post(path)["Location"] == f"/accounts/login/?next={path}"
        assert session_of(carol).get(path).status_code == 403
        assert session_of(carol).post(path).status_code == 410
        assert email_of(bob) == OLD

    def test_an_address_that_another_account_took_meanwhile_is_409(
        self, browser: APIClient, bob: User
    ) -> None:
        ask(browser)
        path = link_in(mail_to(NEW, sent()))
        User.objects.create_user("Robert@Acme.example", "x", name="Robert")

        response = browser.post(path)

        assert response.status_code == 409
        assert f"Another account uses {NEW}" in response.content.decode()
        assert email_of(bob) == OLD
        assert sent() == []

    def test_works_once(self, browser: APIClient) -> None:
        ask(browser)
        path = link_in(mail_to(NEW, sent()))
        browser.post(path)

        assert browser.post(path).status_code == 410

    def test_ends_after_a_day(self, browser: APIClient, bob: User) -> None:
        ask(browser)
        path = link_in(mail_to(NEW, sent()))
        EmailChange.objects.update(expires_at=timezone.now())

        assert browser.post(path).status_code == 410
        assert clear_expired_links.call() == 1

    def test_ends_with_a_new_password(self, browser: APIClient) -> None:
        """A thief who knew the old one asked for the change."""
        ask(browser)
        path = link_in(mail_to(NEW, sent()))
        form = {"current": PASSWORD, "new": "another long password"}
        browser.post("/accounts/password/change/", form, format="multipart")

        assert browser.post(path).status_code == 410

    def test_ends_when_staff_change_the_address(self, browser: APIClient, bob: User) -> None:
        ask(browser)
        path = link_in(mail_to(NEW, sent()))
        User.objects.filter(pk=bob.pk).update(email="third@acme.example")

        assert browser.post(path).status_code == 410


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


@pytest.mark.parametrize("path", ["x", "undo/x", "%00", "undo/%00", "é" * 500])
def test_an_invented_link_is_410(browser: APIClient, path: str) -> None:
    assert browser.get(f"{URL}{path}/").status_code == 410
    assert browser.post(f"{URL}{path}/").status_code == 410


def test_no_token_is_in_the_queue(browser: APIClient) -> None:
    path = change(browser)

    assert path.split("/")[-2] not in str(list(Job.objects.values_list("arguments", flat=True)))
