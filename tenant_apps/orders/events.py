"""Events of orders, for webhooks."""

from shared_apps.webhooks.events import Event

from .models import Order
from .queries import shown_orders
from .rows import order_object_shown

PLACED = Event("order.placed")
CANCELLED = Event("order.cancelled")
FULFILLED = Event("order.fulfilled")


def order_emit(event: Event, order: Order) -> None:
    if "lines" not in getattr(order, "_prefetched_objects_cache", {}):
        order = shown_orders().get(pk=order.pk)  # The API has read it like this already.
    event.emit(order.pk, order_object_shown(order))
