"""The link that changes the address, from the mail to the new one."""

from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from shared_apps.accounts.models import EmailChange
from shared_apps.accounts.tasks import clear_expired_links
from shared_apps.audit.models import AuditEntry
from shared_apps.testing import PASSWORD
from shared_apps.users.models import User
from shared_apps.users.verification import is_verified
from tests.accounts.mails import link_in, sent
from tests.conftest import SessionOf

from .changes import NEW, OLD, ask, email_of, mail_to


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
