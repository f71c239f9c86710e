"""item.changed: an item was created, changed or archived."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from shared_apps.webhooks.models import Delivery
from tenant_apps.items.models import Item
from tenant_apps.items.services import item_change
from tenantry.context import tenant_context
from tests.conftest import ClientOf, InThread, one_after_the_other
from tests.webhooks.fixtures import Hook

from .fixtures import DESK_ID

URL = f"/api/items/{DESK_ID}/"
NEW = {"sku": "LAMP", "description": "Lamp", "price": "30.00"}


@pytest.fixture(autouse=True)
def _hook(hook: Hook, local: None) -> None:
    hook("http://127.0.0.1:9999/", events=["item.changed"])


@pytest.fixture
def admin(client_of: ClientOf, carol: User, desk: Item) -> APIClient:
    return client_of(carol)


def events() -> list[Any]:
    """Return the items of the events."""
    messages = [json.loads(each.body) for each in Delivery.objects.order_by("pk")]
    assert {message["type"] for message in messages} <= {"item.changed"}
    return [message["data"] for message in messages]


def test_a_new_item_is_an_event_with_the_item_as_the_api_shows_it(admin: APIClient) -> None:
    created = admin.post("/api/items/", NEW).json()

    assert events() == [created]
    assert Delivery.objects.get().subject == f"item:{created['id']}"


@pytest.mark.parametrize("method", ["patch", "put"])
def test_a_change_is_an_event(admin: APIClient, method: str) -> None:
    changed = getattr(admin, method)(URL, NEW).json()

    assert events() == [changed]
    assert events() == [admin.get(URL).json()]


def test_archiving_and_bringing_back_are_events(admin: APIClient) -> None:
    admin.delete(URL)
    admin.patch(URL, {"is_active": True})

    assert [item["is_active"] for item in events()] == [False, True]


def test_an_unchanged_item_sends_no_event(admin: APIClient) -> None:
    admin.patch(URL, {"price": "250.00"})
    admin.patch(URL, {"price": "1.999"})
    admin.patch(URL, {})

    assert events() == []


def test_a_rejected_item_sends_no_event(admin: APIClient, client_of: ClientOf, bob: User) -> None:
    admin.post("/api/items/", NEW | {"sku": "DESK"})
    client_of(bob).post("/api/items/", NEW)

    assert events() == []


def test_a_change_that_is_rolled_back_sends_no_event(acme: Organization, desk: Item) -> None:
    with tenant_context(acme), transaction.atomic():
        item_change(item=desk, description="Oak desk")
        transaction.set_rollback(True)

    assert events() == []


def test_an_item_of_another_organization_sends_no_event(
    client_of: ClientOf, charlie: User, globex_desk: Item
) -> None:
    assert client_of(charlie).patch(URL, {"price": "1.00"}).status_code == 200

    assert events() == []


def test_an_event_has_what_a_concurrent_change_has_committed(
    in_thread: InThread, committed_organization: Organization
) -> None:
    """The second change has read the item before the first one changed it."""
    within = tenant_context(committed_organization)
    item = in_thread(
        within(lambda: Item.objects.create(sku="A", description="A", price=1))
    ).result()
    stale = in_thread(within(lambda: Item.objects.get(pk=item.pk))).result()

    second = one_after_the_other(
        in_thread,
        within(lambda: item_change(item=item, description="B")),
        within(lambda: item_change(item=stale, price=Decimal(2))),
    )

    assert (second.description, second.price) == ("B", 2)
