"""The statements and the response of "my priced orders", for the peers that write SQL themselves.

They are our statements with fewer columns, because a peer needs no model instances.
"""

from collections.abc import Sequence
from typing import Any

import orjson

# Parameter: the token's digest.
PRINCIPAL = """
SELECT u.id, u.name, o.schema_name
FROM public.tenantry_users_apitoken t
JOIN public.tenantry_users_user u ON u.id = t.user_id AND u.is_active
JOIN public.tenantry_organizations_organization o
    ON o.id = t.organization_id AND o.status = 'active'
JOIN public.tenantry_organizations_membership m ON m.user_id = u.id AND m.organization_id = o.id
WHERE t.digest = {} AND t.expiry > now()
"""

# Parameter: the user's id.
PRICED = """
SELECT l.order_id, i.description, l.unit_price, l.quantity, l.total,
       count(*) OVER (), sum(l.total) OVER ()
FROM tenantry_orders_orderline l
JOIN tenantry_orders_order o ON o.id = l.order_id
JOIN tenantry_items_item i ON i.id = l.item_id
WHERE o.user_id = {} AND o.status <> 'cancelled'
ORDER BY o.placed_at, l.order_id, l.id
LIMIT 50
"""


def first_page(rows: Sequence[Sequence[Any]], user_name: str) -> bytes:
    results = [
        {
            "order": order,
            "user_name": user_name,
            "item_description": description,
            "item_price": str(price),
            "order_quantity": quantity,
            "order_total": str(total),
        }
        for order, description, price, quantity, total, *_ in rows
    ]
    count, grand_total = rows[0][5:] if rows else (0, "0.00")
    return orjson.dumps(
        {
            "count": count,
            "next": None,
            "previous": None,
            "grand_total": str(grand_total),
            "results": results,
        }
    )
