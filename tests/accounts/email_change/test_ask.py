"""/accounts/email/: asking for another address."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from shared_apps.accounts.email_changes import email_change_begin
from shared_apps.accounts.models import EmailChange
from shared_apps.audit.models import AuditEntry
from shared_apps.testing import PASSWORD
from shared_apps.users.models import User
from shared_apps.users.verification import is_verified
from tests.accounts.mails import link_in, sent

from .changes import NEW, OLD, URL, ask, email_of, mail_to


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

    def test_rejects_the_password_of_who_has_just_taken_the_old_address(
        self, bob: User, carol: User
    ) -> None:
        """`bob` is as the request read him. Both have the same password."""
        User.objects.filter(pk=bob.pk).update(email="bob@nowhere.example")
        User.objects.filter(pk=carol.pk).update(email=OLD)
        request = Client().get("/").wsgi_request

        with pytest.raises(ValidationError, match="not your password"):
            email_change_begin(request=request, user=bob, new_email=NEW, password=PASSWORD)

        assert not EmailChange.objects.filter(user=bob).exists()

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
