"""GET /api/organization/audit/: the organization's own audit log."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from rest_framework.test import APIClient

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record
from shared_apps.audit.models import AuditEntry
from shared_apps.core.request import Actor, acting
from shared_apps.organizations.models import Organization
from shared_apps.organizations.services import organization_change
from shared_apps.users.models import User
from tests.conftest import ClientOf
from tests.tokens import code_of, key_of, token_client

URL = "/api/organization/audit/"


@pytest.fixture
def owner(client_of: ClientOf, alice: User) -> APIClient:
    """A client of alice, the owner."""
    return client_of(alice)


def entries(client: APIClient, **query: Any) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = client.get(URL, query).json()["results"]
    return results


def test_an_entry_has_who_did_what_when_and_from_where(owner: APIClient, alice: User) -> None:
    owner.patch("/api/organization/", {"name": "Acme & Sons"}, REMOTE_ADDR="192.0.2.7")

    entry = entries(owner)[0]

    stored = AuditEntry.objects.latest("pk")
    assert entry == {
        "id": stored.pk,
        "at": stored.at.isoformat().replace("+00:00", "Z"),
        "actor": alice.email,
        "action": "organization.changed",
        "subject": "",
        "data": {"changes": {"name": "Acme & Sons"}},
        "address": "192.0.2.7",
        "support_reason": None,
    }


def test_the_newest_entries_are_first_and_paged(owner: APIClient, acme: Organization) -> None:
    for name in ("A", "B", "C"):
        organization_change(organization=acme, name=name)

    names = [each["data"]["changes"]["name"] for each in entries(owner)[:3]]
    second = entries(owner, page=2, page_size=1)

    assert names == ["C", "B", "A"]
    assert [each["data"]["changes"]["name"] for each in second] == ["B"]
    assert owner.get(URL).json()["count"] == AuditEntry.objects.filter(schema_name="acme").count()


def test_staff_who_enter_are_shown_immediately_with_their_reason_and_not_their_address(
    owner: APIClient, stella: User
) -> None:
    stella.groups.add(Group.objects.get(name="Tenantry support"))
    browser = Client(REMOTE_ADDR="198.51.100.1")
    browser.force_login(stella)

    form = {"reason": "Ticket 7", "mode": "read"}
    assert browser.post("/admin/support/enter/acme/", form).status_code == 302

    entry = entries(owner)[0]
    assert (entry["action"], entry["actor"], entry["support_reason"], entry["address"]) == (
        "support.entered",
        "stella@tenantry.example",
        "Ticket 7",
        None,
    )
    assert AuditEntry.objects.latest("pk").address == "198.51.100.1"


def test_what_staff_do_in_the_admin_is_shown_without_their_address(
    owner: APIClient, acme: Organization, stella: User
) -> None:
    with acting(Actor(user=stella, address="198.51.100.1")):
        organization_change(organization=acme, name="Acme Ltd")

    entry = entries(owner)[0]
    assert (entry["actor"], entry["address"]) == (stella.email, None)


def test_a_member_s_own_address_is_shown(owner: APIClient, bob: User, acme: Organization) -> None:
    with acting(Actor(user=bob, address="192.0.2.7")):
        record(AuditAction.USER_SIGNED_IN, organization=acme, subject=bob)

    assert entries(owner)[0]["address"] == "192.0.2.7"


def test_entries_of_other_organizations_and_of_the_platform_are_not_shown(
    owner: APIClient, client_of: ClientOf, charlie: User, bob: User, globex: Organization
) -> None:
    organization_change(organization=globex, name="Globex Ltd")
    record(AuditAction.USER_CHANGED, subject=bob, fields=["password"])

    shown = {each["id"] for each in entries(owner, page_size=200)}

    assert shown == set(AuditEntry.objects.filter(schema_name="acme").values_list("pk", flat=True))
    assert entries(client_of(charlie))[0]["data"] == {"changes": {"name": "Globex Ltd"}}


def test_an_error_of_the_platform_is_not_shown(owner: APIClient, acme: Organization) -> None:
    record(AuditAction.ORGANIZATION_MIGRATED, organization=acme, error="File /srv/app.py, line 7")

    entry = entries(owner)[0]
    assert (entry["action"], entry["data"]) == ("organization.migrated", {})


def test_why_staff_suspended_an_organization_is_no_reason_of_support(
    owner: APIClient, acme: Organization
) -> None:
    record(AuditAction.ORGANIZATION_RESUMED, organization=acme, reason="Paid by phone")

    assert entries(owner)[0]["support_reason"] is None
    assert "Paid by phone" not in owner.get(URL).text


def test_admins_and_admin_keys_read_it_and_members_do_not(
    client_of: ClientOf, bob: User, carol: User, acme: Organization
) -> None:
    assert client_of(carol).get(URL).status_code == 200
    assert key_of(acme)[1].get(URL).status_code == 200
    for client in (client_of(bob), key_of(acme, role="member")[1]):
        assert code_of(client.get(URL)) == (403, "permission_denied")


def test_a_token_needs_the_scope_read(carol: User) -> None:
    assert token_client(carol, scopes=["read"]).get(URL).status_code == 200
    other = token_client(carol, scopes=["members:write"])
    assert code_of(other.get(URL)) == (403, "insufficient_scope")


def test_the_log_cannot_be_written(owner: APIClient) -> None:
    for method in ("post", "put", "patch", "delete"):
        assert getattr(owner, method)(URL).status_code == 405


def test_a_key_is_named(owner: APIClient, acme: Organization) -> None:
    key, client = key_of(acme)
    body = {"url": "https://1.1.1.1/", "events": ["member.added"]}
    client.post("/api/webhooks/", body, format="json")

    assert entries(owner)[0]["actor"] == f"key Shop ({key.prefix})"
