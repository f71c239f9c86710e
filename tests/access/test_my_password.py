"""POST /api/me/password/ changes the caller's password."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.models import Organization
from shared_apps.testing import PASSWORD
from shared_apps.users.models import ApiToken, SignInSession, User
from tests.access.conftest import assert_throttled
from tests.conftest import ClientOf, SessionOf
from tests.tokens import code_of, key_of, token_client

URL = "/api/me/password/"
NEW = "another long password"


def change(client: APIClient, current: str = PASSWORD, new: str = NEW, **more: Any) -> Any:
    return client.post(URL, {"current": current, "new": new, **more}, format="json")


def test_only_the_new_password_works_afterwards(
    session_of: SessionOf, api_client: APIClient, bob: User
) -> None:
    response = change(session_of(bob))

    assert (response.status_code, response.content) == (204, b"")
    statuses = [
        api_client.post("/api/auth/token/", {"email": bob.email, "password": each}).status_code
        for each in (PASSWORD, NEW)
    ]
    assert statuses == [400, 200]


def test_this_session_stays_and_all_others_end(session_of: SessionOf, bob: User) -> None:
    mine, other = session_of(bob), session_of(bob)

    change(mine)

    assert mine.get("/api/me/").status_code == 200
    assert mine.get("/accounts/password/change/").status_code == 200
    assert other.get("/api/me/").status_code == 401
    assert SignInSession.objects.filter(user=bob).count() == 1


def test_tokens_end_only_if_the_caller_asks_for_it(
    session_of: SessionOf, client_of: ClientOf, bob: User, acme: Organization
) -> None:
    browser, sign_in, made = session_of(bob), client_of(bob), token_client(bob)
    _, key = key_of(acme, created_by=bob, role="member")

    change(browser)
    assert [each.get("/api/items/").status_code for each in (sign_in, made)] == [200, 200]

    change(browser, current=NEW, new=PASSWORD, tokens=True)
    statuses = [each.get("/api/items/").status_code for each in (sign_in, made, key)]
    assert statuses == [401, 401, 200]
    assert browser.get("/api/me/").status_code == 200


def test_a_token_changes_the_password_and_ends_all_sessions(
    session_of: SessionOf, client_of: ClientOf, bob: User
) -> None:
    browser, client = session_of(bob), client_of(bob)

    assert change(client).status_code == 204

    assert browser.get("/api/me/").status_code == 401
    assert client.get("/api/me/").status_code == 200


def test_a_token_beside_another_person_s_session_leaves_that_session(
    session_of: SessionOf, bob: User, carol: User, acme: Organization
) -> None:
    browser = session_of(carol)
    _, token = ApiToken.objects.issue(user=bob, organization=acme)
    browser.credentials(HTTP_AUTHORIZATION=f"Token {token}")

    assert change(browser).status_code == 204

    browser.credentials()
    assert browser.get("/api/me/").json()["email"] == carol.email


def test_a_wrong_current_password_is_400_and_a_failed_sign_in(
    session_of: SessionOf, bob: User
) -> None:
    client = session_of(bob)

    response = change(client, current="wrong")

    assert response.status_code == 400
    assert response.json().keys() == {"current"}
    assert AuditEntry.objects.filter(action="sign_in.failed", subject=bob.email).exists()
    bob.refresh_from_db()
    assert bob.check_password(PASSWORD)


def test_guesses_of_the_current_password_are_limited_as_sign_ins(
    session_of: SessionOf, bob: User, limits: dict[str, int]
) -> None:
    limits["sign_in_account"] = 2
    client = session_of(bob)

    assert [change(client, current="wrong").status_code for _ in range(2)] == [400, 400]

    assert_throttled(change(client))


@pytest.mark.parametrize("new", ["", "short", "password1234", "x" * 4097])
def test_a_weak_password_is_400_on_new(session_of: SessionOf, bob: User, new: str) -> None:
    response = change(session_of(bob), new=new)

    assert response.status_code == 400
    assert response.json().keys() == {"new"}


@pytest.mark.parametrize("missing", ["current", "new"])
def test_both_passwords_are_required(session_of: SessionOf, bob: User, missing: str) -> None:
    body = {"current": PASSWORD, "new": NEW}
    del body[missing]

    response = session_of(bob).post(URL, body)

    assert (response.status_code, response.json().keys()) == (400, {missing})


def test_it_is_recorded_without_the_password(session_of: SessionOf, bob: User) -> None:
    change(session_of(bob))

    entry = AuditEntry.objects.filter(action="user.changed", subject=bob.email).latest("pk")
    assert (entry.actor, entry.data) == (bob.email, {"fields": ["password"]})


def test_a_token_with_scopes_and_a_key_may_not(bob: User, acme: Organization) -> None:
    scoped = token_client(bob, scopes=["read", "members:write"])

    assert code_of(change(scoped)) == (403, "insufficient_scope")
    assert code_of(change(key_of(acme)[1])) == (403, "not_a_person")
