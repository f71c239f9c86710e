"""Changes of organizations, members, users and tokens are in the audit log."""

import pytest
from django.core.exceptions import ValidationError
from rest_framework.test import APIClient

from shared_apps.audit.models import AuditEntry
from shared_apps.core.errors import DomainError
from shared_apps.organizations import services
from shared_apps.organizations.models import Membership, Organization
from shared_apps.organizations.roles import Role
from shared_apps.testing import PASSWORD
from shared_apps.users.models import User
from shared_apps.users.services import token_issue, token_revoke, user_deactivate, user_reactivate


def latest() -> AuditEntry:
    return AuditEntry.objects.latest("pk")


def test_creating_an_organization_is_recorded_with_its_owner_s_membership(nora: User) -> None:
    organization = services.organization_create(schema_name="initech", name="Initech", owner=nora)

    membership, created = AuditEntry.objects.filter(schema_name=organization.schema_name)
    assert (created.action, created.data["name"]) == ("organization.created", "Initech")
    assert (membership.action, membership.subject) == ("membership.created", nora.email)


def test_a_failed_creation_leaves_no_entry(nora: User, acme: Organization) -> None:
    before = AuditEntry.objects.count()

    with pytest.raises(ValidationError, match="is taken"):
        services.organization_create(schema_name=acme.schema_name, name="Acme", owner=nora)

    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize(
    ("verb", "status"),
    [("suspend", "suspended"), ("archive", "archived")],
)
def test_changes_of_an_organization_s_status_are_recorded(
    acme: Organization, verb: str, status: str
) -> None:
    service = getattr(services, f"organization_{verb}")

    service(organization=acme, reason="Unpaid")
    assert acme.status == status
    assert (latest().action, latest().reason) == (f"organization.{status}", "Unpaid")

    with pytest.raises(DomainError):
        service(organization=acme)

    services.organization_resume(organization=acme)
    assert latest().action == "organization.resumed"
    assert Organization.objects.get(pk=acme.pk).status == "active"


def test_changes_of_an_organization_are_recorded(acme: Organization) -> None:
    services.organization_change(organization=acme, name="Acme Ltd")

    assert latest().action == "organization.changed"
    assert latest().data == {"changes": {"name": "Acme Ltd"}}


@pytest.mark.parametrize("field", ["status", "schema_name", "created_at"])
def test_other_fields_of_an_organization_cannot_change(acme: Organization, field: str) -> None:
    with pytest.raises(TypeError, match=field):
        services.organization_change(organization=acme, **{field: "archived"})  # type: ignore[arg-type]


def test_changes_of_a_membership_are_recorded(nora: User, acme: Organization) -> None:
    membership = services.membership_create(user=nora, organization=acme)
    assert (latest().action, latest().data) == ("membership.created", {"role": "member"})

    services.membership_change(membership=membership, role=Role.ADMIN)
    assert (latest().action, latest().data) == ("membership.changed", {"role": "admin"})

    services.membership_remove(membership=membership)
    assert (latest().action, latest().subject) == ("membership.removed", nora.email)
    assert not Membership.objects.filter(user=nora).exists()


def test_deactivating_and_reactivating_a_user_is_recorded(nora: User) -> None:
    user_deactivate(user=nora)
    assert (latest().action, latest().subject) == ("user.deactivated", nora.email)

    user_reactivate(user=nora)
    assert latest().action == "user.reactivated"


def test_a_sign_in_by_token_is_recorded_with_user_and_address(alice: User) -> None:
    credentials = {"email": alice.email, "password": PASSWORD}
    token = APIClient(REMOTE_ADDR="192.0.2.7").post("/api/auth/token/", credentials).data["token"]
    issued = latest()
    client = APIClient(headers={"Authorization": f"Token {token}"}, REMOTE_ADDR="192.0.2.8")

    assert client.post("/api/auth/logout/").status_code == 204

    assert (issued.action, issued.actor, issued.actor_id) == (
        "token.issued",
        alice.email,
        alice.pk,
    )
    assert (issued.address, issued.schema_name) == ("192.0.2.7", "acme")
    assert (latest().action, latest().actor) == ("token.revoked", alice.email)
    assert latest().address == "192.0.2.8"
    assert token not in str(issued.data)


@pytest.mark.parametrize(
    ("behind_proxy", "expected"), [(False, "192.0.2.7"), (True, "198.51.100.3")]
)
def test_x_forwarded_for_counts_only_behind_a_proxy(
    alice: User, settings: object, behind_proxy: bool, expected: str
) -> None:
    settings.TRUSTED_PROXIES = int(behind_proxy)  # type: ignore[attr-defined]
    client = APIClient(
        REMOTE_ADDR="192.0.2.7", headers={"X-Forwarded-For": "203.0.113.9, 198.51.100.3"}
    )

    client.post("/api/auth/token/", {"email": alice.email, "password": PASSWORD})

    assert latest().address == expected


def test_an_invalid_address_is_not_stored(alice: User) -> None:
    client = APIClient(REMOTE_ADDR="unix:")

    client.post("/api/auth/token/", {"email": alice.email, "password": PASSWORD})

    assert latest().address is None


def test_revoking_a_token_twice_is_recorded_once(alice: User) -> None:
    token, _ = token_issue(user=alice, organization=Organization.objects.get(schema_name="acme"))
    key = token.pk
    token_revoke(token=token)
    token_revoke(token=token)

    assert AuditEntry.objects.filter(action="token.revoked", data__token=key).count() == 1


def test_a_save_without_a_change_is_not_recorded(alice: User, acme: Organization) -> None:
    before = AuditEntry.objects.count()

    services.organization_change(organization=acme, name=acme.name, currency=acme.currency)
    services.organization_change(organization=acme)
    services.membership_change(membership=alice.memberships.get(), role=Role.OWNER)
    user_reactivate(user=alice)

    assert AuditEntry.objects.count() == before


def test_an_action_reads_as_a_sentence() -> None:
    entry = AuditEntry(actor="ada@example.com", action="user.signed_in")

    assert str(entry) == "ada@example.com: User signed in"
