"""GET and PATCH /api/organization/: the facts and settings of the caller's organization."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from shared_apps.access.actors import membership_of
from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.models import Membership, Organization
from shared_apps.users.models import User
from tests.conftest import ClientOf, SessionOf
from tests.tokens import code_of, key_of, token_client

URL = "/api/organization/"


@pytest.fixture
def owner(client_of: ClientOf, alice: User) -> APIClient:
    """A client of alice, the owner."""
    return client_of(alice)


def test_every_member_reads_the_facts(
    client_of: ClientOf, bob: User, carol: User, alice: User, acme: Organization
) -> None:
    facts = {
        "schema_name": "acme",
        "name": "Acme",
        "currency": "EUR",
        "status": "active",
        "second_factor_required": False,
        "created_at": acme.created_at.isoformat().replace("+00:00", "Z"),
    }

    for user in (bob, carol, alice):
        assert client_of(user).get(URL).json() == facts
    assert key_of(acme, role="member")[1].get(URL).json() == facts


def test_members_of_another_organization_read_theirs(client_of: ClientOf, charlie: User) -> None:
    assert client_of(charlie).get(URL).json()["schema_name"] == "globex"


def test_an_owner_changes_name_currency_and_the_rule(owner: APIClient, acme: Organization) -> None:
    changes = {"name": "Acme & Sons", "currency": "USD", "second_factor_required": True}

    response = owner.patch(URL, changes, format="json")

    assert response.status_code == 200
    assert response.json() == {
        **response.json(),
        **changes,
        "schema_name": "acme",
        "status": "active",
    }
    acme.refresh_from_db()
    assert (acme.name, acme.currency, acme.second_factor_required) == tuple(changes.values())


def test_fields_that_are_not_sent_stay(owner: APIClient, acme: Organization) -> None:
    owner.patch(URL, {"currency": "USD"})

    acme.refresh_from_db()
    assert (acme.name, acme.currency) == ("Acme", "USD")


def test_a_change_is_recorded_once(owner: APIClient, alice: User) -> None:
    before = AuditEntry.objects.filter(action="organization.changed").count()
    for _ in range(2):
        owner.patch(URL, {"second_factor_required": True}, format="json")
    # The rule keeps alice out until she adds a second factor, so the second one is denied.

    entries = AuditEntry.objects.filter(action="organization.changed")
    assert entries.count() == before + 1
    entry = entries.latest("pk")
    assert (entry.actor, entry.schema_name) == (alice.email, "acme")
    assert entry.data == {"changes": {"second_factor_required": True}}


def test_an_owner_who_is_demoted_meanwhile_changes_nothing(
    owner: APIClient, alice: User, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    def demoted(request: Any) -> Membership:
        Membership.objects.filter(user=alice).update(role="admin")
        return membership_of(request)

    monkeypatch.setattr("shared_apps.access.organization_api.membership_of", demoted)

    response = owner.patch(URL, {"second_factor_required": True}, format="json")

    assert code_of(response) == (403, "permission_denied")
    acme.refresh_from_db()
    assert not acme.second_factor_required


def test_the_rule_counts_from_the_next_request_on(
    owner: APIClient, session_of: SessionOf, bob: User
) -> None:
    browser = session_of(bob)
    assert browser.get(URL).status_code == 200

    owner.patch(URL, {"second_factor_required": True}, format="json")

    assert code_of(browser.get(URL)) == (403, "second_factor_required")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 151}, "name"),
        ({"currency": "euro"}, "currency"),
        ({"currency": "eur"}, "currency"),
        ({"currency": ""}, "currency"),
        ({"second_factor_required": "maybe"}, "second_factor_required"),
        ({"second_factor_required": None}, "second_factor_required"),
    ],
)
def test_an_invalid_field_is_400(
    owner: APIClient, acme: Organization, body: dict[str, Any], field: str
) -> None:
    response = owner.patch(URL, body, format="json")

    assert (response.status_code, response.json().keys()) == (400, {field})
    acme.refresh_from_db()
    assert (acme.name, acme.currency, acme.second_factor_required) == ("Acme", "EUR", False)


@pytest.mark.parametrize("field", ["schema_name", "status", "created_at", "id"])
def test_other_fields_are_ignored(owner: APIClient, acme: Organization, field: str) -> None:
    before = Organization.objects.values().get(pk=acme.pk)

    assert owner.patch(URL, {field: "archived"}).status_code == 200

    assert Organization.objects.values().get(pk=acme.pk) == before


def test_admins_members_and_keys_change_nothing(
    client_of: ClientOf, bob: User, carol: User, acme: Organization
) -> None:
    for client in (client_of(bob), client_of(carol), key_of(acme)[1]):
        assert code_of(client.patch(URL, {"name": "Mine"})) == (403, "permission_denied")


def test_a_token_with_scopes_reads_and_changes_nothing(alice: User) -> None:
    client = token_client(alice, scopes=["read", "members:write"])

    assert client.get(URL).status_code == 200
    assert code_of(client.patch(URL, {"name": "Mine"})) == (403, "insufficient_scope")


def test_a_form_of_another_organization_changes_nothing(session_of: SessionOf, alice: User) -> None:
    response = session_of(alice).patch(URL, {"name": "Mine"}, headers={"X-Organization": "globex"})

    assert code_of(response) == (409, "organization_mismatch")
