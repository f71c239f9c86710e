"""The reads of orders that more than one line of a queryset goes into."""

from typing import Any

from django.db.models import Count, F, QuerySet, Sum, Window

from shared_apps.users.models import User

from .models import Order, OrderLine


def orders_with_totals() -> QuerySet[Order]:
    """Return orders ready to be shown: total, lines, items and the person who ordered."""
    return (
        Order.objects.annotate(total=Sum("lines__total"))
        .select_related("user")
        .prefetch_related("lines__item")
    )


def priced_lines(user: User) -> QuerySet[OrderLine, Any]:
    """Return the priced lines of a user's own orders, oldest first, without the cancelled ones.

    Each row carries the count and the sum of all rows, so that one query answers for a page
    and for the whole.
    """
    return (
        OrderLine.objects.filter(order__user=user)
        .exclude(order__status=Order.Status.CANCELLED)
        .order_by("order__placed_at", "order_id", "id")
        .values(
            "order_id",
            "quantity",
            "unit_price",
            "total",
            description=F("item__description"),
            count=Window(Count("*")),
            grand_total=Window(Sum("total")),
        )
    )
