"""The admin stays fast: pages send as many queries for 2,000 organizations as for 10."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.models import Membership, Organization
from shared_apps.staff.models import SupportSession
from shared_apps.users.models import ApiToken, User
from tenant_apps.items.models import Item
from tenant_apps.orders.services import order_place
from tenantry.context import tenant_context
from tenantry.fleet.state import SchemaState

from .conftest import Browser, BrowserOf

# For a superuser, since the rest first ask for their permissions: two queries more.
EXPECTED = {
    "/admin/": 9,
    "/admin/tenantry_organizations/organization/": 5,
    "/admin/tenantry_organizations/organization/?o=-5": 5,
    "/admin/tenantry_organizations/organization/?q=org_1": 5,
    "/admin/tenantry_organizations/organization/?status__exact=active": 5,
    "/admin/tenantry_organizations/organization/?condition=behind": 5,
    "/admin/tenantry_organizations/organization/add/": 2,
    "/admin/tenantry_organizations/membership/add/": 2,
    "/admin/tenantry_organizations/membership/": 4,
    "/admin/tenantry_users/user/": 5,
    "/admin/tenantry_users/apitoken/": 4,
    "/admin/tenantry_audit/auditentry/": 6,
    "/admin/tenantry_staff/supportsession/": 6,
    "/admin/support/": 3,
    "/admin/support/?q=org": 3,
}


def fill(number: int) -> None:
    """Make organizations without schemas, each with a row of everything that has a list."""
    now = timezone.now()
    organizations = Organization.objects.bulk_create(
        Organization(schema_name=f"org_{n}", name=f"Organization {n}") for n in range(number)
    )
    users = User.objects.bulk_create(
        User(email=f"user{n}@org.example", name=f"User {n}", organization=organization)
        for n, organization in enumerate(organizations)
    )
    pairs = list(zip(users, organizations, strict=True))
    Membership.objects.bulk_create(Membership(user=u, organization=o) for u, o in pairs)
    ApiToken.objects.bulk_create(
        ApiToken(user=u, organization=o, digest=f"{u.pk:064}", expiry=now + timedelta(days=1))
        for u, o in pairs
    )
    SchemaState.objects.bulk_create(
        SchemaState(schema_name=o.schema_name, size=o.pk, measured_at=now) for o in organizations
    )
    SupportSession.objects.bulk_create(
        SupportSession(user=u, organization=o, reason="x", expires_at=now) for u, o in pairs
    )
    AuditEntry.objects.bulk_create(
        AuditEntry(action="organization.created", actor="x", schema_name=o.schema_name)
        for o in organizations
    )


def count(browser: Browser, url: str) -> int:
    """Return how many queries a page sends once it has been seen before."""
    browser.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(url).status_code == 200
    return len(statements(captured))


@pytest.mark.parametrize("number", [10, pytest.param(2000, marks=pytest.mark.proof)])
def test_platform_pages(browser_of: BrowserOf, root: User, number: int) -> None:
    fill(number)
    browser = browser_of(root)

    assert {url: count(browser, url) for url in EXPECTED} == EXPECTED


@pytest.mark.parametrize("number", [10, 120])
def test_an_organizations_page_with_its_members(
    browser_of: BrowserOf, root: User, acme: Organization, number: int
) -> None:
    users = User.objects.bulk_create(
        User(email=f"user{n}@org.example", name=f"User {n}") for n in range(number)
    )
    Membership.objects.bulk_create(Membership(user=user, organization=acme) for user in users)

    assert (
        count(browser_of(root), f"/admin/tenantry_organizations/organization/{acme.pk}/change/")
        == 5
    )


@pytest.mark.parametrize("number", [5, 90])
def test_an_organizations_own_pages(
    browser_of: BrowserOf, root: User, acme: Organization, bob: User, desk: Item, number: int
) -> None:
    with tenant_context(acme):
        lines: Any = [{"item": desk, "quantity": 1}]
        orders = [order_place(user=bob, lines=lines * number) for _ in range(number)]
    browser = browser_of(root)
    browser.enter(acme)

    assert count(browser, "/admin/tenantry_items/item/") == 5
    assert count(browser, "/admin/tenantry_orders/order/") == 7
    assert count(browser, f"/admin/tenantry_orders/order/{orders[0].pk}/change/") == 5


def statements(captured: CaptureQueriesContext) -> list[str]:
    """Return the SQL a request sent, without django-tenants' SETs and the savepoints."""
    own = ("SET search_path", "SAVEPOINT", "RELEASE SAVEPOINT")
    return [query["sql"] for query in captured if not query["sql"].startswith(own)]
