"""Staff: olga can write, susan can read, root is a superuser, stella has no group."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Protocol

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shared_apps.jobs.models import Job
from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenantry.context import tenant_context

ItemIn = Callable[..., Item]

ORGANIZATIONS = "/admin/tenantry_organizations/organization/"
TASKS = "/admin/tenantry_jobs/job/"
MEASURE = "shared_apps.staff.tasks.measure_sizes"
TRACEBACK = """Traceback (most recent call last):
  File "/srv/shared_apps/staff/tasks.py", line 40, in measure_sizes
    measure(names)
OSError: <mail.example> refused
"""


class Browser(Client):
    """A browser of a staff user."""

    def enter(self, organization: Organization, mode: str = "write") -> Any:
        """Post the form that enters an organization."""
        url = reverse("admin:support_enter", args=[organization.schema_name])
        return self.post(url, {"reason": "Ticket 7", "mode": mode})

    def send(self, url: str, data: dict[str, Any], organization: Organization | str) -> Any:
        """Post a form of that organization."""
        schema = organization if isinstance(organization, str) else organization.schema_name
        return self.post(url, {**data, "_organization": schema})


class BrowserOf(Protocol):
    def __call__(self, user: User) -> Browser: ...


class JobOf(Protocol):
    def __call__(self, schema_name: str = "", status: str = "READY", **fields: Any) -> Job: ...


def act(browser: Browser, action: str, *organizations: Organization, **data: str) -> Any:
    """Run an action of the list of organizations."""
    keys = [organization.pk for organization in organizations]
    return browser.post(
        ORGANIZATIONS, {"action": action, "_selected_action": keys, **data}, follow=True
    )


def form_of(user: User, **changes: Any) -> dict[str, Any]:
    """Return the form of a user, without its empty fields."""
    form: dict[str, Any] = {"email": user.email, "name": user.name, "is_active": "on"}
    form |= {"organization": user.organization_id, **changes}
    form |= {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    return {key: value for key, value in form.items() if value}


@pytest.fixture
def browser_of(db: None) -> BrowserOf:
    def browser_of(user: User) -> Browser:
        browser = Browser()
        browser.force_login(user)
        return browser

    return browser_of


def _staff(name: str, *groups: str, **fields: Any) -> User:
    user = User.objects.create_user(
        f"{name.lower()}@tenantry.example", name=name, is_staff=True, **fields
    )
    user.groups.set(Group.objects.filter(name__in=groups))
    return user


@pytest.fixture
def olga(db: None) -> User:
    """An operator."""
    return _staff("Olga", "Tenantry operator")


@pytest.fixture
def browser(browser_of: BrowserOf, olga: User, acme: Organization) -> Browser:
    """Olga's browser, in a support session in acme."""
    browser = browser_of(olga)
    browser.enter(acme)
    return browser


@pytest.fixture
def susan(db: None) -> User:
    """A user of the group "Tenantry support"."""
    return _staff("Susan", "Tenantry support")


@pytest.fixture
def root(db: None) -> User:
    """A superuser."""
    return _staff("Root", is_superuser=True)


@pytest.fixture
def item_in() -> ItemIn:
    def item_in(organization: Organization, **fields: Any) -> Item:
        values = {"sku": "DESK", "description": "Walnut desk", "price": Decimal(250), **fields}
        with tenant_context(organization):
            return Item.objects.create(**values)

    return item_in


@pytest.fixture
def desk(acme: Organization, item_in: ItemIn) -> Item:
    """An item of acme."""
    return item_in(acme)


@pytest.fixture
def order(acme: Organization, desk: Item, bob: User) -> Any:
    """Bob's order of two desks."""
    # The other tests run without the app too.
    from tenant_apps.orders.services import order_place  # noqa: PLC0415

    with tenant_context(acme):
        return order_place(user=bob, lines=[{"item": desk, "quantity": 2}])


@pytest.fixture
def job_of(db: None) -> JobOf:
    """Create a task in the queue, as if it had been enqueued and had run."""

    def job_of(schema_name: str = "", status: str = "READY", **fields: Any) -> Job:
        now = timezone.now()
        values: dict[str, Any] = {
            "schema_name": schema_name,
            "status": status,
            "task": MEASURE,
            "queue_name": "default",
            "arguments": {"args": [7], "kwargs": {"note": "<b>private</b>"}},
            "enqueued_at": now,
            "actor": "cron",
        }
        if status in {"FAILED", "SUCCESSFUL"}:
            values |= {"started_at": now, "finished_at": now, "worker_ids": ["host-1-a"]}
        if status == "FAILED":
            error = {"exception_class_path": "builtins.OSError", "traceback": TRACEBACK}
            values |= {"errors": [error], "failures": 1}
        return Job.objects.create(**values | fields)

    return job_of
