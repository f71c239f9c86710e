"""A function that places an order."""

from typing import Protocol

import pytest

from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenant_apps.orders.models import Order
from tenant_apps.orders.services import order_place
from tenantry.context import tenant_context


class Place(Protocol):
    """Place an order of one line in the user's organization."""

    def __call__(self, user: User, item: Item, quantity: int = 1) -> Order: ...


@pytest.fixture
def place(db: None) -> Place:
    def place(user: User, item: Item, quantity: int = 1) -> Order:
        with tenant_context(user.organization):
            return order_place(user=user, lines=[{"item": item, "quantity": quantity}])

    return place
