"""What the rows of queries look like in the lists of orders."""

from typing import Any


def order_shown(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row as `OrderSerializer` shows an order."""
    return {
        "id": row["id"],
        "status": row["status"],
        "placed_at": row["placed_at"],
        "user": {"id": row["user_id"], "name": row["user__name"]},
        "lines": row["shown_lines"],
        "total": row["total"],
    }


def priced_line_shown(row: dict[str, Any], *, user_name: str) -> dict[str, Any]:
    """Return a line of "my priced orders"; the name is the caller's, whose own lines they are."""
    return {
        "order": row["order_id"],
        "user_name": user_name,
        "item_description": row["description"],
        "item_price": row["unit_price"],
        "order_quantity": row["quantity"],
        "order_total": row["total"],
    }
