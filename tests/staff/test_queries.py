"""Pages of the admin send no more queries when there are more rows."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shared_apps.audit.models import AuditEntry
from shared_apps.jobs.models import Job
from shared_apps.organizations.models import Membership, Organization
from shared_apps.staff.models import SupportSession
from shared_apps.users.models import ApiToken, User
from shared_apps.webhooks.models import Delivery, Endpoint
from tenant_apps.items.models import Item
from tenant_apps.orders.services import order_place
from tenantry.context import tenant_context
from tenantry.fleet.state import SchemaState
from tests.conftest import statements

from .conftest import Browser, BrowserOf

URLS = (
    "/admin/",
    "/admin/tenantry_organizations/organization/",
    "/admin/tenantry_organizations/organization/?o=-5",
    "/admin/tenantry_organizations/organization/?q=org_1",
    "/admin/tenantry_organizations/organization/?status__exact=active",
    "/admin/tenantry_organizations/organization/?condition=behind",
    "/admin/tenantry_organizations/organization/add/",
    "/admin/tenantry_organizations/membership/add/",
    "/admin/tenantry_organizations/membership/",
    "/admin/tenantry_users/user/",
    "/admin/tenantry_users/apitoken/",
    "/admin/tenantry_audit/auditentry/",
    "/admin/tenantry_jobs/job/",
    "/admin/tenantry_jobs/job/?status=ready",
    "/admin/tenantry_jobs/job/?organization=org_1",
    "/admin/tenantry_staff/supportsession/",
    "/admin/tenantry_webhooks/endpoint/",
    "/admin/tenantry_webhooks/delivery/",
    "/admin/tenantry_webhooks/delivery/?q=org_1",
    "/admin/support/",
    "/admin/support/?q=org",
)
MOST = 15  # queries of a page. Django and Unfold send most of them.


def fill(number: int, first: int = 0) -> None:
    """Create organizations without schemas, each with one row in every list."""
    now = timezone.now()
    numbers = range(first, first + number)
    organizations = Organization.objects.bulk_create(
        Organization(schema_name=f"org_{n}", name=f"Organization {n}") for n in numbers
    )
    users = User.objects.bulk_create(
        User(
            email=f"user{n}@org.example", name=f"User {n}", password="!", organization=organization
        )
        for n, organization in zip(numbers, organizations, strict=True)
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
    Job.objects.bulk_create(
        Job(schema_name=o.schema_name, task="a.b", arguments={}, enqueued_at=now)
        for o in organizations
    )
    endpoints = Endpoint.objects.bulk_create(
        Endpoint(schema_name=o.schema_name, url="https://example.com/", events=[])
        for o in organizations
    )
    Delivery.objects.bulk_create(
        Delivery(endpoint=each, message_id=uuid4(), created_at=now, due_at=now)
        for each in endpoints
    )
    AuditEntry.objects.bulk_create(
        AuditEntry(action="organization.created", actor="x", schema_name=o.schema_name)
        for o in organizations
    )


def count(browser: Browser, url: str) -> int:
    """Return how many queries a page sends with warm caches."""
    browser.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(url).status_code == 200
    return len(statements(captured))


def assert_bounded(few: dict[str, int], many: dict[str, int]) -> None:
    """Compare the queries of pages with few rows and with many rows."""
    assert {url: number for url, number in many.items() if number > few[url]} == {}
    assert max(many.values()) <= MOST


@pytest.mark.parametrize("number", [30, pytest.param(2000, marks=pytest.mark.proof)])
def test_more_organizations_need_no_more_queries(
    browser_of: BrowserOf, root: User, number: int
) -> None:
    browser = browser_of(root)
    fill(10)
    few = {url: count(browser, url) for url in URLS}

    fill(number, first=10)

    assert_bounded(few, {url: count(browser, url) for url in URLS})


def test_more_members_of_an_organization_need_no_more_queries(
    browser_of: BrowserOf, root: User, acme: Organization
) -> None:
    browser = browser_of(root)
    url = f"/admin/tenantry_organizations/organization/{acme.pk}/change/"
    few = count(browser, url)

    users = User.objects.bulk_create(
        User(email=f"user{n}@org.example", name=f"User {n}", password="!") for n in range(120)
    )
    Membership.objects.bulk_create(Membership(user=user, organization=acme) for user in users)

    assert_bounded({url: few}, {url: count(browser, url)})


def test_more_items_and_orders_need_no_more_queries(
    browser_of: BrowserOf, root: User, acme: Organization, bob: User, desk: Item
) -> None:
    def place(lines: int) -> int:
        with tenant_context(acme):
            return order_place(user=bob, lines=[{"item": desk, "quantity": 1}] * lines).pk

    browser = browser_of(root)
    browser.enter(acme)
    lists = ("/admin/tenantry_items/item/", "/admin/tenantry_orders/order/")
    order = "/admin/tenantry_orders/order/{}/change/"
    first = order.format(place(1))
    few = {url: count(browser, url) for url in (*lists, first)}

    last = order.format([place(90) for _ in range(90)][-1])

    many = {url: count(browser, url) for url in (*lists, last)}
    assert_bounded({**few, last: few[first]}, many)
