"""Writes of orders, for the API, the admin and commands."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from http import HTTPStatus
from typing import TypedDict

from django.db import transaction

from shared_apps.core.errors import DomainError
from shared_apps.users.models import User
from tenant_apps.items.models import Item

from . import events
from .models import Order, OrderLine


class Line(TypedDict):
    item: Item
    quantity: int


class Change(StrEnum):
    CANCEL = "cancel"
    FULFIL = "fulfil"


# The status before and after each change. All other changes are errors.
TRANSITIONS: Mapping[Change, tuple[Order.Status, Order.Status]] = {
    Change.CANCEL: (Order.Status.PLACED, Order.Status.CANCELLED),
    Change.FULFIL: (Order.Status.PLACED, Order.Status.FULFILLED),
}
_EVENTS = {Change.CANCEL: events.CANCELLED, Change.FULFIL: events.FULFILLED}


# One statement reads the prices and writes the lines. So all prices are of the same moment, and the
# statement waits for no lock. If a change of an item commits later, the order has the old price.
_PLACE_LINES = """
    INSERT INTO tenantry_orders_orderline (order_id, item_id, quantity, unit_price)
    SELECT %s, item.id, line.quantity, item.price
    FROM unnest(%s::bigint[], %s::integer[]) WITH ORDINALITY AS line (item_id, quantity, position)
    JOIN tenantry_items_item item ON item.id = line.item_id AND item.is_active
    ORDER BY line.position
    RETURNING id, quantity, unit_price, total
"""


def order_place(
    *, user: User | None, lines: Sequence[Line], expected_total: Decimal | None = None
) -> Order:
    """Place an order at the items' current prices in the database.

    Args:
        user: who orders; None for a key of the organization.
        expected_total: the total that the user agreed to; None for any total.

    Returns:
        The order with lines and total, as from `queries.shown_orders`.

    Raises:
        DomainError: 400 `item_archived`, 409 `total_changed`; then nothing is placed.
    """
    items = [line["item"] for line in lines]
    # No savepoint inside a caller's transaction: that saves two round trips.
    with transaction.atomic(savepoint=False):
        order = Order.objects.create(user=user)
        values = [order.pk, [item.pk for item in items], [line["quantity"] for line in lines]]
        placed = list(OrderLine.objects.raw(_PLACE_LINES, values))
        if len(placed) < len(items):
            raise DomainError(
                "item_archived",
                "An item of this order is archived. Remove it and try again.",
                HTTPStatus.BAD_REQUEST,
            )
        for line, item in zip(placed, items, strict=True):
            line.order, line.item = order, item
        # PostgreSQL returned the computed values; reading them again takes three round trips.
        order.total = total = sum(line.total for line in placed)  # type: ignore[attr-defined]
        if expected_total not in {None, total}:
            raise DomainError(
                "total_changed", "A price of this order has changed. Check it and try again."
            )
        order._prefetched_objects_cache = {"lines": placed}
        events.order_emit(events.PLACED, order)
    return order


def order_change(*, order: Order, change: Change) -> Order:
    """Cancel or fulfil an order. If two changes arrive at the same time, one of them fails.

    Raises:
        DomainError: 409 `order_not_placed`, if the order's status does not allow it.
    """
    before, after = TRANSITIONS[change]
    with transaction.atomic(savepoint=False):
        claimed = Order.objects.row_of(order).filter(status=before).update(status=after)
        if claimed:
            order.status = after
            events.order_emit(_EVENTS[change], order)
    if not claimed:
        raise DomainError(
            f"order_not_{before}", f"Only a {before} order can be {after}.", HTTPStatus.CONFLICT
        )
    return order
