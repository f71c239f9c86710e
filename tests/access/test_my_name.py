"""PATCH /api/me/ changes the caller's name."""

from typing import Any

import pytest

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenantry.context import tenant_context
from tests.conftest import ClientOf
from tests.tokens import code_of, key_of, token_client

URL = "/api/me/"


def test_the_response_is_that_of_get(client_of: ClientOf, bob: User) -> None:
    client = client_of(bob)

    response = client.patch(URL, {"name": "  Robert  "})

    assert response.status_code == 200
    assert response.json() == client.get(URL).json()
    assert response.json()["name"] == "Robert"


def test_colleagues_see_the_new_name(client_of: ClientOf, bob: User, acme: Organization) -> None:
    client_of(bob).patch(URL, {"name": "Robert"})

    with tenant_context(acme):
        assert User.objects.get(pk=bob.pk).name == "Robert"


def test_the_change_is_recorded_once(client_of: ClientOf, bob: User) -> None:
    client = client_of(bob)
    for _ in range(2):
        client.patch(URL, {"name": "Robert"})

    (entry,) = AuditEntry.objects.filter(action="user.changed", subject=bob.email)
    assert (entry.actor, entry.data) == (bob.email, {"fields": ["name"]})


@pytest.mark.parametrize("name", ["", " ", "x" * 151, None, ["Bob"], "a\0b"])
def test_an_invalid_name_is_400(client_of: ClientOf, bob: User, name: Any) -> None:
    response = client_of(bob).patch(URL, {"name": name}, format="json")

    assert response.status_code == 400
    assert response.json().keys() == {"name"}
    bob.refresh_from_db()
    assert bob.name == "Bob"


def test_other_fields_are_ignored(client_of: ClientOf, bob: User) -> None:
    response = client_of(bob).patch(URL, {"email": "other@acme.example", "is_staff": True})

    assert response.status_code == 200
    bob.refresh_from_db()
    assert (bob.email, bob.is_staff) == ("bob@acme.example", False)


def test_a_token_with_scopes_reads_the_account_and_cannot_change_it(bob: User) -> None:
    client = token_client(bob, scopes=["read", "members:write"])

    assert client.get(URL).status_code == 200
    assert code_of(client.patch(URL, {"name": "Robert"})) == (403, "insufficient_scope")


def test_a_key_has_no_account(acme: Organization) -> None:
    _, client = key_of(acme)

    for method in ("get", "patch"):
        assert code_of(getattr(client, method)(URL)) == (403, "not_a_person")
