"""Orders name their people, and read nothing of the users of `public`."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shared_apps.organizations.models import Membership, Organization
from shared_apps.organizations.services import membership_remove
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenant_apps.orders.models import Order
from tenant_apps.orders.queries import all_orders, orders_of, shown_orders
from tenantry.context import tenant_context
from tests.conftest import ClientOf
from tests.orders.fixtures import Place


@pytest.fixture
def order(bob: User, desk: Item, place: Place) -> Order:
    return place(bob, desk)


def test_a_former_member_is_named_on_their_orders(
    order: Order, alice: User, bob: User, client_of: ClientOf
) -> None:
    client = client_of(alice)
    membership_remove(membership=Membership.objects.get(user=bob))

    listed = client.get("/api/orders/").json()["results"]
    found = client.get("/api/orders/", {"search": "bob"}).json()["results"]
    shown = client.get(f"/api/orders/{order.pk}/").json()

    assert shown["user"] == {"id": bob.pk, "name": "Bob"}
    assert listed == found == [shown]


QUERIES: dict[str, Any] = {
    "list of owners": lambda user: all_orders()[0:9],
    "list of a member": lambda user: orders_of(user=user.pk)[0:9],
    "search": lambda user: shown_orders().filter(user__name__icontains="bob"),
    "one order": lambda user: shown_orders(),
}


def relations(plan: Any) -> set[tuple[str, str]]:
    """Return schema and table of each node of a plan, and of the nodes in it."""
    if isinstance(plan, list):
        return {found for each in plan for found in relations(each)}
    if not isinstance(plan, dict):
        return set()
    own = {(plan["Schema"], plan["Relation Name"])} if "Relation Name" in plan else set()
    return own.union(*(relations(each) for each in plan.values()))


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_no_query_reads_users_of_public(
    order: Order, acme: Organization, bob: User, query: Any
) -> None:
    with tenant_context(acme):
        with CaptureQueriesContext(connection) as queries:
            assert len(list(query(bob))) == 1
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (VERBOSE, FORMAT JSON) {queries[0]['sql']}")
            (plan,) = cursor.fetchone()

    found = relations(json.loads(plan) if isinstance(plan, str) else plan)
    assert {schema for schema, _ in found} == {"acme"}
    assert ("acme", "tenantry_people_person") in found or query is QUERIES["list of a member"]
