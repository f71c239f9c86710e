"""An order of bob, and its status."""

import pytest

from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenant_apps.orders.models import Order
from tenantry.context import tenant_context

from .fixtures import Place


@pytest.fixture
def order(place: Place, bob: User, desk: Item) -> Order:
    """An order of bob."""
    return place(bob, desk)


def status_of(order: Order) -> str:
    with tenant_context("acme"):
        order.refresh_from_db()
    return order.status
