"""The two statements of "my priced orders", for the peers that write SQL themselves.

They ask what ours ask, of fewer columns: a peer needs no model instances.
"""

# Parameter: the token's digest.
PRINCIPAL = """
SELECT u.id, u.name, o.schema_name
FROM public.users_apitoken t
JOIN public.users_user u ON u.id = t.user_id AND u.is_active
JOIN public.organizations_organization o ON o.id = t.organization_id AND o.status = 'active'
JOIN public.organizations_membership m ON m.user_id = u.id AND m.organization_id = o.id
WHERE t.digest = {} AND t.expiry > now()
"""

# Parameter: the user's id.
PRICED = """
SELECT l.order_id, i.description, l.unit_price, l.quantity, l.total,
       count(*) OVER (), sum(l.total) OVER ()
FROM orders_orderline l
JOIN orders_order o ON o.id = l.order_id
JOIN items_item i ON i.id = l.item_id
WHERE o.user_id = {} AND o.status <> 'cancelled'
ORDER BY o.placed_at, l.order_id, l.id
LIMIT 50
"""
