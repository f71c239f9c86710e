"""Queries of orders and their lines."""

from datetime import UTC, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Count,
    F,
    Func,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    TextField,
    Value,
)
from django.db.models.functions import Cast

from shared_apps.api.pagination import counted
from shared_apps.organizations.roles import Action, Role, may
from tenantry.compiled import Bound, compiled

from .models import Order, OrderLine


def visible_orders(
    orders: QuerySet[Order], *, role: Role, user: int | None, all_for: Action
) -> QuerySet[Order]:
    """Return the orders that a caller may read or change.

    Args:
        role: of the caller.
        user: the caller's primary key; None for a key of the organization.
        all_for: the action for which the role sees the orders of all users.
    """
    return orders if may(role, all_for) else orders.filter(user=user)


def orders_with_totals() -> QuerySet[Order]:
    """Return orders with `total`.

    A subquery computes it. A sum over a join would be computed for all orders, not for one page,
    and a search, which joins the lines too, would sum them twice.
    """
    lines = OrderLine.objects.filter(order=OuterRef("pk")).order_by().values("order")
    return Order.objects.annotate(total=Subquery(lines.annotate(sum=Sum("total")).values("sum")))


def shown_orders() -> QuerySet[Order]:
    """Return orders with the fields of `OrderSerializer`: total, lines, items and user."""
    return orders_with_totals().select_related("user").prefetch_related("lines__item")


def order_rows(orders: QuerySet[Any, Any]) -> QuerySet[Order, Any]:
    """Return orders with totals as rows with lines and count, all in one query."""
    return counted(
        orders.values("id", "status", "placed_at", "user_id", "user__name", "total").annotate(
            shown_lines=ArraySubquery(_shown_lines().filter(order=OuterRef("pk")).values("shown"))
        ),
        of=orders,
    )


@compiled
def all_orders() -> QuerySet[Order, Any]:
    """Return all orders without filters, for admins and owners."""
    return order_rows(orders_with_totals().order_by("id"))


@compiled
def orders_of(user: Any) -> QuerySet[Order, Any]:
    """Return a member's own orders without filters.

    Args:
        user: a primary key. `NULL` equals nothing, so use `orders_of_keys` for a key.
    """
    return order_rows(orders_with_totals().filter(user=user).order_by("id"))


@compiled
def orders_of_keys() -> QuerySet[Order, Any]:
    """Return the orders of all keys without filters."""
    return order_rows(orders_with_totals().filter(user=None).order_by("id"))


class PricedLines:
    """The priced lines of a user's own orders, oldest first, without cancelled orders.

    A key, with `user=None`, has no own orders.

    Supports only slices. Each row has the count and the sum of all rows, from a second query if
    there are more pages. With window functions PostgreSQL would write all rows to disk first.
    """

    def __init__(self, *, user: int | None) -> None:
        self._user = user

    def __getitem__(self, page: slice) -> list[dict[str, Any]]:
        if self._user is None:
            return []
        rows = self._lines()[page]
        totals = {"count": len(rows), "grand_total": sum(row["total"] for row in rows)}
        if rows and (page.start or len(rows) >= page.stop):
            # No totals if all orders were cancelled between the two queries.
            totals = next(iter(self._totals()), totals)
        return [{**row, **totals} for row in rows]

    def _lines(self) -> Bound:
        return _priced_lines(user=self._user)

    def _totals(self) -> Bound:
        return _priced_totals(user=self._user)


class PricedLinesBetween(PricedLines):
    """The lines of orders that were placed in a period; each row also has `placed_at`.

    Args:
        start: the first moment of the period; None without one.
        end: the moment after it; None without one.
    """

    def __init__(self, *, user: int, start: datetime | None, end: datetime | None) -> None:
        super().__init__(user=user)
        self._values = {"user": user, "start": start or _FIRST_MOMENT, "end": end or _LAST_MOMENT}

    def _lines(self) -> Bound:
        return _priced_lines_between(**self._values)

    def _totals(self) -> Bound:
        return _priced_totals_between(**self._values)


_FIRST_MOMENT = datetime.min.replace(tzinfo=UTC)
_LAST_MOMENT = datetime.max.replace(tzinfo=UTC)


@compiled
def _priced_lines(user: Any) -> QuerySet[OrderLine, Any]:
    return _rows_to_pay(_lines_to_pay(user))


@compiled
def _priced_totals(user: Any) -> QuerySet[OrderLine, Any]:
    return _totals_to_pay(_lines_to_pay(user))


@compiled
def _priced_lines_between(user: Any, start: Any, end: Any) -> QuerySet[OrderLine, Any]:
    lines = _rows_to_pay(_lines_to_pay_between(user, start, end))
    return lines.annotate(placed_at=F("order__placed_at"))


@compiled
def _priced_totals_between(user: Any, start: Any, end: Any) -> QuerySet[OrderLine, Any]:
    return _totals_to_pay(_lines_to_pay_between(user, start, end))


def _rows_to_pay(lines: QuerySet[OrderLine]) -> QuerySet[OrderLine, Any]:
    return lines.order_by("order__placed_at", "order_id", "id").values(
        "order_id", "quantity", "unit_price", "total", description=F("item__description")
    )


def _totals_to_pay(lines: QuerySet[OrderLine]) -> QuerySet[OrderLine, Any]:
    owner = lines.order_by().values("order__user")
    return owner.annotate(count=Count("*"), grand_total=Sum("total"))


def _lines_to_pay_between(user: Any, start: Any, end: Any) -> QuerySet[OrderLine]:
    return _lines_to_pay(user).filter(order__placed_at__gte=start, order__placed_at__lt=end)


def _lines_to_pay(user: Any) -> QuerySet[OrderLine]:
    lines = OrderLine.objects.filter(order__user=user)
    return lines.exclude(order__status=Order.Status.CANCELLED)


def _shown_lines() -> QuerySet[Any, Any]:
    """Return lines as JSON with amounts as text: a number would lose its zeros."""
    shown: dict[str, Any] = {
        "id": F("id"),
        "item": F("item_id"),
        "item_description": F("item__description"),
        "quantity": F("quantity"),
        "unit_price": Cast("unit_price", TextField()),
        "total": Cast("total", TextField()),
    }
    pairs = [part for name, value in shown.items() for part in (Value(name), value)]
    # psycopg2 parses JSON itself; Django's JSONField would parse it again.
    json = Func(*pairs, function="JSON_BUILD_OBJECT", output_field=TextField())
    return OrderLine.objects.order_by("id").annotate(shown=json)
