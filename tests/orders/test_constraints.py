"""PostgreSQL itself rejects invalid items and orders."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenant_apps.orders.models import Order, OrderLine
from tenantry.context import tenant_context
from tests.orders.fixtures import Place


def test_a_negative_price_is_rejected(acme: Organization) -> None:
    with tenant_context(acme), pytest.raises(IntegrityError), transaction.atomic():
        Item.objects.create(sku="A", description="A", price=Decimal("-0.01"))


@pytest.mark.parametrize("change", [{"quantity": 0}, {"quantity": -1}, {"unit_price": -1}])
def test_a_quantity_below_one_and_a_negative_price_of_a_line_are_rejected(
    place: Place, bob: User, desk: Item, change: dict[str, int]
) -> None:
    order = place(bob, desk)

    with tenant_context("acme"), pytest.raises(IntegrityError), transaction.atomic():
        OrderLine.objects.filter(order=order).update(**change)


def test_an_unknown_status_is_rejected(place: Place, bob: User, desk: Item) -> None:
    order = place(bob, desk)

    with tenant_context("acme"), pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(status="lost")


def test_postgresql_updates_the_total_of_a_line(place: Place, bob: User, desk: Item) -> None:
    order = place(bob, desk, 2)

    with tenant_context("acme"):
        OrderLine.objects.filter(order=order).update(quantity=3)
        assert OrderLine.objects.get(order=order).total == Decimal("750.00")
