"""What can be done with an order, for the API, the admin and commands alike."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from http import HTTPStatus
from typing import TypedDict

from django.db import transaction

from shared_apps.core.errors import DomainError
from shared_apps.users.models import User
from tenant_apps.items.models import Item

from .models import Order, OrderLine


class Line(TypedDict):
    """One line of an order that is to be placed."""

    item: Item
    quantity: int


class Change(StrEnum):
    """What can happen to an order."""

    CANCEL = "cancel"
    FULFIL = "fulfil"


# From which status each change leads to which. Anything else is refused.
TRANSITIONS: Mapping[Change, tuple[Order.Status, Order.Status]] = {
    Change.CANCEL: (Order.Status.PLACED, Order.Status.CANCELLED),
    Change.FULFIL: (Order.Status.PLACED, Order.Status.FULFILLED),
}


# One statement reads the prices and writes them: it sees all items as they are at one moment, and
# waits for none. A price or an archiving that commits later is as if it had come after the order.
_PLACE_LINES = """
    INSERT INTO tenantry_orders_orderline (order_id, item_id, quantity, unit_price)
    SELECT %s, item.id, line.quantity, item.price
    FROM unnest(%s::bigint[], %s::integer[]) WITH ORDINALITY AS line (item_id, quantity, position)
    JOIN tenantry_items_item item ON item.id = line.item_id AND item.is_active
    ORDER BY line.position
    RETURNING id, quantity, unit_price, total
"""


def order_place(*, user: User, lines: Sequence[Line]) -> Order:
    """Place an order at the prices the items have now; those of the given objects do not count.

    Returns:
        The order with its lines and its total, as `queries.shown_orders` gives them.

    Raises:
        DomainError: 400 `item_archived`; nothing is placed then.
    """
    items = [line["item"] for line in lines]
    # No savepoint within a caller's transaction: two round trips less.
    with transaction.atomic(savepoint=False):
        order = Order.objects.create(user=user)
        values = [order.pk, [item.pk for item in items], [line["quantity"] for line in lines]]
        placed = list(OrderLine.objects.raw(_PLACE_LINES, values))
        if len(placed) < len(items):
            raise DomainError(
                "item_archived", "An archived item cannot be ordered.", HTTPStatus.BAD_REQUEST
            )
        for line, item in zip(placed, items, strict=True):
            line.order, line.item = order, item
    # PostgreSQL returned all that it made up: to ask again would be three more round trips.
    order.total = sum(line.total for line in placed)  # type: ignore[attr-defined]
    order._prefetched_objects_cache = {"lines": placed}
    return order


def order_change(*, order: Order, change: Change) -> Order:
    """Cancel or fulfil an order. Of two changes at once, one wins.

    Raises:
        DomainError: 409 `order_not_placed`, when the order's status does not allow it.
    """
    before, after = TRANSITIONS[change]
    claimed = Order.objects.row_of(order).filter(status=before).update(status=after)
    if not claimed:
        raise DomainError(
            f"order_not_{before}", f"Only a {before} order can do that.", HTTPStatus.CONFLICT
        )
    order.status = after
    return order
