"""An order of bob and its status, his browser, and a second item."""

import pytest
from rest_framework.test import APIClient

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenant_apps.orders.models import Order
from tenantry.context import tenant_context
from tests.conftest import SessionOf

from .fixtures import Place


@pytest.fixture
def browser(session_of: SessionOf, bob: User, desk: Item) -> APIClient:
    """Bob, a member."""
    return session_of(bob)


@pytest.fixture
def lamp(acme: Organization) -> Item:
    with tenant_context(acme):
        return Item.objects.create(sku="LAMP", description="Lamp", price="19.90")


@pytest.fixture
def order(place: Place, bob: User, desk: Item) -> Order:
    """An order of bob."""
    return place(bob, desk)


def status_of(order: Order) -> str:
    with tenant_context("acme"):
        order.refresh_from_db()
    return order.status
