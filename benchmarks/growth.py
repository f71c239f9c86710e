"""Measures lists in an organization with a million order lines, against one with a thousand."""

from collections.abc import Iterator
from functools import partial

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shared_apps.organizations.roles import Role
from shared_apps.organizations.services import membership_create, organization_create
from shared_apps.users.models import ApiToken, User
from tenantry.context import tenant_context
from tenantry.roles import as_owner

from .database import token_of
from .peers import ITEMS, ORDERS, PRICED
from .report import RESULTS, Row, row
from .requests import get
from .timing import alternate

SMALL, LARGE = 1_000, 1_000_000

# Three lines per order, an item for each ten lines. One member ordered SMALL of the lines, another
# member the rest, which is nothing in the small organization.
_FILL = """
INSERT INTO tenantry_items_item (sku, description, price, is_active, created_at, updated_at)
SELECT 'SKU' || n, 'Item ' || n, n, true, now(), now() FROM generate_series(1, %(lines)s / 10) n;

INSERT INTO tenantry_orders_order (user_id, status, placed_at)
SELECT CASE WHEN n %% %(share)s = 0 THEN %(few)s ELSE %(many)s END,
       'placed', now() - (%(lines)s - n) * interval '1 second'
FROM generate_series(1, %(lines)s / 3) n;

INSERT INTO tenantry_orders_orderline (order_id, item_id, quantity, unit_price)
SELECT 1 + n / 3, 1 + n %% (%(lines)s / 10), 1 + n %% 7, 1 + n %% 90
FROM generate_series(0, %(lines)s / 3 * 3 - 1) n;

ANALYZE tenantry_items_item, tenantry_orders_order, tenantry_orders_orderline;
"""

# A name, the path, and the callers in the large and in the small organization.
_REQUESTS = (
    ("items", ITEMS, "owner", "owner"),
    ("all orders", ORDERS, "owner", "owner"),
    (f"own orders, of {SMALL:,} lines", ORDERS, "few", "few"),
    (f"priced orders, {SMALL:,} lines are the caller's", PRICED, "few", "few"),
    ("priced orders, all but those are the caller's", PRICED, "many", "few"),
)


def growth() -> Iterator[Row]:
    """Create both organizations, time the first page of each list, and store the query plans."""
    for lines in (SMALL, LARGE):
        _make_organization(lines)
    plans = []
    for name, path, in_large, in_small in _REQUESTS:
        token = f"{in_large}{LARGE}"
        ours, peer = alternate(
            partial(get, path, token=token),
            partial(get, path, token=f"{in_small}{SMALL}"),
            rounds=5,
            times=2,
        )
        measure = f"first page of {name}, ms, {LARGE:,} lines; peer: {SMALL:,} lines"
        yield row(measure, ours / 1000, peer / 1000)
        plans += [f"=== {name}", *_plans(path, token)]
    (RESULTS / "speed_plans.txt").write_text("\n\n".join(plans) + "\n")


def _make_organization(lines: int) -> None:
    """Create an organization; the tokens are `owner`, `few` and `many`, each with the number."""
    schema_name = f"lines{lines}"
    owner, few, many = User.objects.bulk_create(
        User(email=f"{name}{lines}@example.com", name=name, password=UNUSABLE_PASSWORD_PREFIX)
        for name in ("owner", "few", "many")
    )
    organization = organization_create(schema_name=schema_name, name=schema_name, owner=owner)
    for user in (few, many):
        membership_create(user=user, organization=organization, role=Role.MEMBER)
    ApiToken.objects.bulk_create(
        token_of(membership, f"{membership.user.name}{lines}")
        for membership in organization.memberships.select_related("user")
    )
    filling = {"lines": lines, "share": lines // SMALL, "few": few.pk, "many": many.pk}
    for statement in _FILL.split("\n\n"):
        skipped_otherwise = as_owner(reason="A tenant's role cannot ANALYZE.")
        with skipped_otherwise, tenant_context(organization), connection.cursor() as cursor:
            cursor.execute(statement, filling)


def _plans(path: str, token: str) -> Iterator[str]:
    with CaptureQueriesContext(connection) as queries:
        get(path, token=token)
    owner = as_owner(reason="The first query finds the caller, without a tenant.")
    with owner, tenant_context(f"lines{LARGE}"), connection.cursor() as cursor:
        for query in queries:
            cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF, BUFFERS OFF) {query['sql']}")
            yield "\n".join([query["sql"], "", *(line for (line,) in cursor.fetchall())])
