"""A token never makes a stronger one, and its tokens end with it."""

from datetime import UTC, datetime, timedelta

import pytest

from shared_apps.organizations.models import Membership, Organization
from shared_apps.users.models import ApiToken, User
from tests.conftest import SessionOf
from tests.tokens import TOKENS, client_with, code_of, key_of, make_token, token_client


def in_days(days: int) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)


@pytest.mark.parametrize("scopes", [["read"], ["read", "members:write", "orders:write"]])
def test_a_token_with_scopes_makes_reads_and_deletes_none(bob: User, scopes: list[str]) -> None:
    client = token_client(bob, scopes=scopes)
    url = f"{TOKENS}{ApiToken.objects.get(user=bob).pk}/"

    for response in (make_token(client), make_token(client, scopes=["read"]), client.get(TOKENS)):
        assert code_of(response) == (403, "insufficient_scope")
    assert code_of(client.delete(url)) == (403, "insufficient_scope")


def test_a_key_makes_no_token(acme: Organization) -> None:
    assert code_of(make_token(key_of(acme)[1])) == (403, "not_a_person")


def test_a_token_s_token_expires_with_it(bob: User) -> None:
    end = in_days(3)
    client = token_client(bob, expiry=end)
    shown = end.isoformat().replace("+00:00", "Z")

    assert [make_token(client, **body).json()["expiry"] for body in ({}, {"expiry": None})] == [
        shown
    ] * 2
    assert make_token(client, expiry=in_days(2).isoformat()).status_code == 201
    later = make_token(client, expiry=in_days(4).isoformat())
    assert (later.status_code, later.json().keys()) == (400, {"expiry"})


def test_a_token_s_token_is_deleted_with_it(bob: User) -> None:
    client = token_client(bob)
    child = client_with(make_token(client).json()["token"])
    grandchild = client_with(make_token(child).json()["token"])
    assert grandchild.get("/api/me/").status_code == 200

    client.post("/api/auth/logout/")

    assert child.get("/api/me/").status_code == 401
    assert grandchild.get("/api/me/").status_code == 401


def test_a_token_without_expiry_makes_one_with_any_expiry(bob: User) -> None:
    assert make_token(token_client(bob), expiry=None).json()["expiry"] is None


@pytest.mark.parametrize("role", ["member", "admin"])
def test_a_token_may_never_do_more_than_its_owner_may_now(
    session_of: SessionOf, carol: User, role: str
) -> None:
    client = client_with(make_token(session_of(carol), scopes=["items:write"]).json()["token"])
    Membership.objects.filter(user=carol).update(role=role)

    response = client.post("/api/items/", {"sku": "X", "description": "X", "price": "1.00"})

    assert response.status_code == {"member": 403, "admin": 201}[role]
