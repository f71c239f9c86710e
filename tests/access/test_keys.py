"""/api/organization/keys/: keys that owners and admins make for the organization."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.models import Organization
from shared_apps.users.models import ApiToken, User
from tests.conftest import ClientOf, SessionOf
from tests.tokens import client_with, code_of, key_of, token_client

URL = "/api/organization/keys/"


def make(client: APIClient, **body: Any) -> Any:
    return client.post(URL, {"name": "Shop", **body}, format="json")


def listed(client: APIClient) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = client.get(URL).json()["results"]
    return results


@pytest.fixture
def admin(client_of: ClientOf, carol: User) -> APIClient:
    """A client of carol, an admin."""
    return client_of(carol)


@pytest.fixture
def browser(session_of: SessionOf, carol: User) -> APIClient:
    """Carol's browser, which makes keys without an expiry."""
    return session_of(carol)


def test_a_new_key_is_shown_once(browser: APIClient, carol: User, acme: Organization) -> None:
    response = make(browser, scopes=["read", "orders:write"], expiry="2036-01-01T00:00:00Z")

    assert response.status_code == 201
    body = response.json()
    plaintext = body.pop("token")
    stored = ApiToken.objects.get(organization=acme, user=None)
    assert body == {
        "id": stored.pk,
        "name": "Shop",
        "prefix": plaintext[:16],
        "scopes": ["orders:write", "read"],
        "organization": {
            "schema_name": "acme",
            "name": "Acme",
            "role": "admin",
            "status": "active",
            "currency": "EUR",
        },
        "expiry": "2036-01-01T00:00:00Z",
        "last_used": None,
        "created_at": body["created_at"],
        "role": "admin",
    }
    assert listed(browser) == [body]
    assert plaintext not in map(str, ApiToken.objects.values_list().get(pk=stored.pk))
    assert (stored.created_by, stored.is_sign_in) == (carol, False)


def test_it_works_and_its_last_use_is_listed(admin: APIClient) -> None:
    client = client_with(make(admin).json()["token"])

    assert client.get("/api/items/").status_code == 200
    assert listed(admin)[0]["last_used"] == timezone.now().date().isoformat()


def test_a_key_is_an_admin_by_default_or_a_member_and_never_an_owner(admin: APIClient) -> None:
    assert [make(admin).json()["role"], make(admin, role="member").json()["role"]] == [
        "admin",
        "member",
    ]
    response = make(admin, role="owner")
    assert (response.status_code, response.json().keys()) == (400, {"role"})


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"expiry": "2020-01-01T00:00:00Z"}, "expiry"),
        ({"expiry": "9999-12-31T23:59:59Z"}, "expiry"),  # A rotation could not add to it.
        ({"role": "king"}, "role"),
    ],
)
def test_an_invalid_field_is_400(admin: APIClient, body: dict[str, Any], field: str) -> None:
    response = make(admin, **body)

    assert (response.status_code, response.json().keys()) == (400, {field})


def test_owners_and_admins_of_the_organization_manage_keys_and_nobody_else(
    session_of: SessionOf, alice: User, bob: User, carol: User, charlie: User, acme: Organization
) -> None:
    key, _ = key_of(acme)

    for user, status in ((alice, 200), (carol, 200), (bob, 403)):
        assert session_of(user).get(URL).status_code == status
    for url in (f"{URL}{key.pk}/", f"{URL}{key.pk}/rotate/"):
        method = "post" if url.endswith("rotate/") else "delete"
        assert code_of(getattr(session_of(bob), method)(url)) == (403, "permission_denied")
        assert code_of(getattr(session_of(charlie), method)(url)) == (404, "not_found")
    assert listed(session_of(charlie)) == []
    assert ApiToken.objects.filter(pk=key.pk).exists()


@pytest.mark.parametrize("role", ["member", "admin"])
def test_a_key_manages_no_keys(acme: Organization, role: str) -> None:
    key, client = key_of(acme, role=role)

    responses = [
        client.get(URL),
        make(client),
        client.delete(f"{URL}{key.pk}/"),
        client.post(f"{URL}{key.pk}/rotate/"),
    ]

    assert {code_of(each) for each in responses} == {(403, "not_a_person")}


def test_a_token_with_scopes_manages_no_keys(carol: User) -> None:
    client = token_client(carol, scopes=["read", "members:write"])

    assert code_of(client.get(URL)) == (403, "insufficient_scope")
    assert code_of(make(client)) == (403, "insufficient_scope")


def test_a_token_s_key_expires_with_it(carol: User) -> None:
    """A stolen token makes nothing that works longer."""
    end = timezone.now().replace(microsecond=0) + timedelta(days=3)
    client = token_client(carol, expiry=end)
    shown = end.isoformat().replace("+00:00", "Z")

    assert [make(client, **body).json()["expiry"] for body in ({}, {"expiry": None})] == [shown] * 2
    assert make(client, expiry=(end - timedelta(days=1)).isoformat()).status_code == 201
    later = make(client, expiry=(end + timedelta(days=1)).isoformat())
    assert (later.status_code, later.json().keys()) == (400, {"expiry"})


def test_a_token_without_an_expiry_and_a_browser_make_keys_without_one(
    browser: APIClient, carol: User
) -> None:
    assert [make(each).json()["expiry"] for each in (browser, token_client(carol))] == [None, None]


def test_tokens_of_people_are_not_keys(admin: APIClient, carol: User) -> None:
    token = ApiToken.objects.get(user=carol)

    assert listed(admin) == []
    assert code_of(admin.delete(f"{URL}{token.pk}/")) == (404, "not_found")
    assert code_of(admin.post(f"{URL}{token.pk}/rotate/")) == (404, "not_found")


def test_a_deleted_key_stops_with_its_next_request(admin: APIClient) -> None:
    key = make(admin).json()
    client = client_with(key["token"])
    assert client.get("/api/items/").status_code == 200

    assert admin.delete(f"{URL}{key['id']}/").status_code == 204

    assert code_of(client.get("/api/items/")) == (401, "invalid_token")
    assert listed(admin) == []


def test_an_expired_key_stops_and_is_not_listed(admin: APIClient, acme: Organization) -> None:
    key, client = key_of(acme, expiry=timezone.now() - timedelta(seconds=1))

    assert client.get("/api/items/").status_code == 401
    assert listed(admin) == []
    assert code_of(admin.delete(f"{URL}{key.pk}/")) == (404, "not_found")


def test_what_is_done_with_keys_is_recorded(browser: APIClient, carol: User) -> None:
    first = make(browser, scopes=["read"]).json()
    second = browser.post(f"{URL}{first['id']}/rotate/", {"overlap_hours": 1}).json()
    browser.delete(f"{URL}{second['id']}/")

    entries = list(AuditEntry.objects.order_by("-pk")[:3])[::-1]
    assert [(each.action, each.subject, each.actor, each.schema_name) for each in entries] == [
        (action, "Shop", carol.email, "acme")
        for action in ("key.created", "key.rotated", "key.deleted")
    ]
    facts = {"name": "Shop", "scopes": ["read"], "expiry": None, "role": "admin"}
    assert entries[0].data == {**facts, "token": first["id"], "prefix": first["prefix"]}
    assert entries[1].data == {
        **facts,
        "token": second["id"],
        "prefix": second["prefix"],
        "replaces": first["id"],
        "overlap_hours": 1,
    }


def test_the_51st_key_is_400(admin: APIClient, acme: Organization) -> None:
    for _ in range(49):
        key_of(acme)
    key_of(acme, expiry=timezone.now() - timedelta(days=1))
    assert make(admin).status_code == 201

    assert code_of(make(admin)) == (400, "too_many_keys")


def test_a_key_works_where_people_need_a_second_factor(acme: Organization) -> None:
    """It has no person who could have one; owners and admins made it with theirs."""
    Organization.objects.filter(pk=acme.pk).update(second_factor_required=True)

    assert key_of(acme)[1].get("/api/items/").status_code == 200
