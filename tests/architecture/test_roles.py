"""The table `organizations.roles.ALLOWED`, asked of the service itself, entry by entry."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from rest_framework.test import APIClient

from shared_apps.organizations.roles import ALLOWED, Action, Role, may
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tests.conftest import DESK_ID, ClientOf, Place

NAMES = {Role.MEMBER: "bob", Role.ADMIN: "carol", Role.OWNER: "alice"}


@dataclass(frozen=True)
class Orders:
    """The ids of the caller's own order, and of one that Nora, a colleague, placed."""

    own: int
    colleagues: int


# What shows that a caller may do a thing: true when the service lets them.
SHOWS: dict[Action, Callable[[APIClient, Orders], bool]] = {
    Action.ITEMS_READ: lambda client, _: (
        client.get("/api/items/").status_code
        == client.get(f"/api/items/{DESK_ID}/").status_code
        == 200
    ),
    Action.ITEMS_WRITE: lambda client, _: all(
        (
            client.post(
                "/api/items/", {"sku": "NEW", "description": "New", "price": "1"}
            ).status_code
            == 201,
            client.patch(f"/api/items/{DESK_ID}/", {"price": "2"}).status_code == 200,
            client.delete(f"/api/items/{DESK_ID}/").status_code == 204,
        )
    ),
    Action.ORDERS_PLACE: lambda client, _: (
        client.post("/api/orders/", {"lines": [{"item": DESK_ID, "quantity": 1}]}).status_code
        == 201
    ),
    Action.ORDERS_READ_OWN: lambda client, orders: (
        orders.own in listed(client)
        and client.get(f"/api/orders/{orders.own}/").status_code == 200
        and client.get("/api/orders/priced/").json()["count"] == 1
    ),
    Action.ORDERS_READ_ALL: lambda client, orders: (
        orders.colleagues in listed(client)
        and client.get(f"/api/orders/{orders.colleagues}/").status_code == 200
    ),
    Action.ORDERS_CANCEL_OWN: lambda client, orders: (
        client.post(f"/api/orders/{orders.own}/cancel/").status_code == 200
    ),
    Action.ORDERS_CANCEL_ALL: lambda client, orders: (
        client.post(f"/api/orders/{orders.colleagues}/cancel/").status_code == 200
    ),
    Action.ORDERS_FULFIL: lambda client, orders: (
        client.post(f"/api/orders/{orders.own}/fulfil/").status_code
        == client.post(f"/api/orders/{orders.colleagues}/fulfil/").status_code
        == 200
    ),
}


def listed(client: APIClient) -> list[int]:
    return [order["id"] for order in client.get("/api/orders/").json()["results"]]


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("role", Role)
def test_the_service_allows_what_the_table_does_and_nothing_else(
    request: pytest.FixtureRequest,
    client_of: ClientOf,
    place: Place,
    nora: User,
    desk: Item,
    role: Role,
    action: Action,
) -> None:
    user: User = request.getfixturevalue(NAMES[role])
    colleague = nora
    user.memberships.get().organization.memberships.create(user=colleague)
    colleague.refresh_from_db()
    orders = Orders(own=place(user, desk).pk, colleagues=place(colleague, desk).pk)

    assert SHOWS[action](client_of(user), orders) == may(role, action)


def test_the_table_speaks_of_every_role() -> None:
    assert ALLOWED.keys() == set(Role)


def test_members_read_and_order_admins_and_owners_do_everything() -> None:

    members = {action for action in Action if may(Role.MEMBER, action)}

    assert members == {
        Action.ITEMS_READ,
        Action.ORDERS_PLACE,
        Action.ORDERS_READ_OWN,
        Action.ORDERS_CANCEL_OWN,
    }
    assert ALLOWED[Role.ADMIN] == ALLOWED[Role.OWNER] == set(Action)
