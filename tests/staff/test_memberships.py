"""Memberships in the admin."""

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.models import Membership, Organization
from shared_apps.users.models import User

from .conftest import BrowserOf

MEMBERSHIPS = "/admin/tenantry_organizations/membership/"


def test_changes_of_memberships_are_audited(
    browser_of: BrowserOf, olga: User, nora: User, acme: Organization
) -> None:
    browser = browser_of(olga)

    browser.post(f"{MEMBERSHIPS}add/", {"user": nora.pk, "organization": acme.pk, "role": "member"})
    membership = Membership.objects.get(user=nora)
    browser.post(f"{MEMBERSHIPS}{membership.pk}/change/", {"role": "admin"})
    browser.post(f"{MEMBERSHIPS}{membership.pk}/delete/", {"post": "yes"})

    actions = AuditEntry.objects.filter(subject=nora.email).values_list("action", "actor")
    assert list(actions) == [
        ("membership.removed", olga.email),
        ("membership.changed", olga.email),
        ("membership.created", olga.email),
    ]
    assert not Membership.objects.filter(user=nora).exists()


def test_an_existing_membership_is_an_error_on_the_form(
    browser_of: BrowserOf, olga: User, bob: User, acme: Organization
) -> None:
    form = {"user": bob.pk, "organization": acme.pk, "role": "member"}

    response = browser_of(olga).post(f"{MEMBERSHIPS}add/", form)

    assert "is already a member" in response.content.decode()


def test_several_are_removed_in_the_order_of_organizations(
    browser_of: BrowserOf, olga: User, nora: User, acme: Organization, globex: Organization
) -> None:
    """Each removal locks its organization; in another order, two could wait for each other."""
    created = [
        Membership.objects.create(user=nora, organization=organization)
        for organization in (acme, globex)
    ]
    chosen = [membership.pk for membership in created]

    action = {"action": "delete_selected", "post": "yes", "_selected_action": chosen}
    browser_of(olga).post(f"{MEMBERSHIPS}?o=-2", action)

    removed = AuditEntry.objects.filter(action="membership.removed", subject=nora.email)
    assert list(removed.order_by("pk").values_list("schema_name", flat=True)) == [
        "acme",
        "globex",
    ]
