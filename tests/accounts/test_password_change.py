"""/accounts/password/change/: a user who is signed in chooses another password."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from shared_apps.audit.models import AuditEntry
from shared_apps.testing import PASSWORD
from shared_apps.users.models import SignInSession, User
from tests.accounts.mails import link_in, sent
from tests.conftest import ClientOf, SessionOf

URL = "/accounts/password/change/"
NEW = "another long password"
FORM = {"current": PASSWORD, "new": NEW}


def change(browser: APIClient, **changes: str) -> Any:
    return browser.post(URL, FORM | changes, format="multipart")


def test_the_new_password_signs_in(session_of: SessionOf, bob: User) -> None:
    response = change(session_of(bob))

    assert (response.status_code, response["Location"]) == (302, "/")
    bob.refresh_from_db()
    assert bob.check_password(NEW)


def test_only_this_session_stays_with_a_new_key(session_of: SessionOf, bob: User) -> None:
    here, there = session_of(bob), session_of(bob)
    before = here.session.session_key

    change(here)

    assert here.get("/api/me/").status_code == 200
    assert there.get("/api/me/").status_code == 401
    assert here.session.session_key != before
    assert SignInSession.objects.filter(user=bob).count() == 1


@pytest.mark.parametrize("ends", [True, False])
def test_tokens_end_on_request(
    session_of: SessionOf, client_of: ClientOf, bob: User, ends: bool
) -> None:
    program = client_of(bob)

    change(session_of(bob), **({"end_tokens": "on"} if ends else {}))

    assert program.get("/api/me/").status_code == (401 if ends else 200)


def test_a_mail_tells_the_user(session_of: SessionOf, bob: User) -> None:
    change(session_of(bob))

    (message,) = sent()
    assert (message.subject, message.to) == ("Your password was changed", [bob.email])
    assert "API tokens" not in message.body
    assert link_in(message, "Choose a new password") == "/accounts/password/reset/"


def test_a_user_whom_no_mail_reaches_can_change_it(session_of: SessionOf, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(email="jürgen@acme.example")

    assert change(session_of(bob)).status_code == 302


def test_a_wrong_current_password_is_an_error_and_counts_as_a_failed_sign_in(
    session_of: SessionOf, settings: Settings, bob: User
) -> None:
    settings.THROTTLES = settings.THROTTLES | {"sign_in_account": 2}
    browser = session_of(bob)

    response = change(browser, current="wrong")
    change(browser, current="wrong")

    assert list(response.context["form"].errors) == ["current"]
    assert change(browser).status_code == 429
    assert AuditEntry.objects.filter(action="sign_in.failed", subject=bob.email).count() == 2
    bob.refresh_from_db()
    assert bob.check_password(PASSWORD)


@pytest.mark.parametrize("password", ["", "short", "password", "\0" * 20, "x" * 5000])
def test_a_bad_password_is_an_error_of_its_field(
    session_of: SessionOf, bob: User, password: str
) -> None:
    response = change(session_of(bob), new=password)

    assert list(response.context["form"].errors) == ["new"]


def test_an_anonymous_visitor_signs_in_first(db: None) -> None:
    assert Client().get(URL)["Location"] == f"/accounts/login/?next={URL}"
    assert Client().post(URL, FORM)["Location"] == f"/accounts/login/?next={URL}"


def test_the_form_needs_a_csrf_token(session_of: SessionOf, bob: User) -> None:
    assert change(session_of(bob, csrf=True)).status_code == 403
