"""Rows of queries as JSON, for the lists of orders."""

from typing import Any


def order_shown(row: dict[str, Any]) -> dict[str, Any]:
    """Return what `OrderSerializer` returns for an order."""
    return {
        "id": row["id"],
        "status": row["status"],
        "placed_at": row["placed_at"],
        "user": {"id": row["user_id"], "name": row["user__name"]},
        "lines": row["shown_lines"],
        "total": row["total"],
    }


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
