"""Rows of queries as JSON, for the lists of orders and for events."""

from typing import Any


def order_shown(row: dict[str, Any]) -> dict[str, Any]:
    """Return what `OrderSerializer` returns for an order."""
    return {
        "id": row["id"],
        "status": row["status"],
        "placed_at": row["placed_at"],
        "user": row["user_id"] and {"id": row["user_id"], "name": row["user__name"]},
        "lines": row["shown_lines"],
        "total": row["total"],
    }


def order_object_shown(order: Any) -> dict[str, Any]:
    """Return the same for an order of `shown_orders`; the serializer takes a millisecond."""
    lines = (
        {
            "id": line.pk,
            "item": line.item_id,
            "item_description": line.item.description,
            "quantity": line.quantity,
            "unit_price": line.unit_price,
            "total": line.total,
        }
        for line in order.lines.all()
    )
    return order_shown(
        {
            "id": order.pk,
            "status": order.status,
            "placed_at": order.placed_at,
            "user_id": order.user_id,
            "user__name": order.user and order.user.name,
            "shown_lines": list(lines),
            "total": order.total,
        }
    )


def priced_line_shown(row: dict[str, Any], *, user_name: str) -> dict[str, Any]:
    """Return a line of "my priced orders"; all lines have the caller's name."""
    return {
        "order": row["order_id"],
        "user_name": user_name,
        "item_description": row["description"],
        "item_price": row["unit_price"],
        "order_quantity": row["quantity"],
        "order_total": row["total"],
    }
