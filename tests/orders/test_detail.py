"""GET /api/orders/{id}/: members read their own orders, admins and owners all."""

import pytest

from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenant_apps.orders.models import Order
from tests.conftest import ClientOf
from tests.orders.fixtures import Place


@pytest.mark.parametrize("person", ["bob", "carol", "alice"])
def test_the_member_who_ordered_and_admins_and_owners_can_read(
    client_of: ClientOf, request: pytest.FixtureRequest, order: Order, person: str
) -> None:
    response = client_of(request.getfixturevalue(person)).get(f"/api/orders/{order.pk}/")

    assert response.status_code == 200
    assert response.json()["user"]["name"] == "Bob"


def test_an_order_of_a_colleague_gives_the_same_404_as_an_unknown_one(
    client_of: ClientOf, place: Place, bob: User, carol: User, desk: Item
) -> None:
    client = client_of(bob)

    theirs = client.get(f"/api/orders/{place(carol, desk).pk}/")
    unknown = client.get("/api/orders/123456/")

    assert theirs.status_code == unknown.status_code == 404
    assert theirs.json() == unknown.json()


def test_an_order_of_another_organization_gives_the_same_404_as_an_unknown_one(
    client_of: ClientOf, charlie: User, order: Order
) -> None:
    client = client_of(charlie)

    theirs = client.get(f"/api/orders/{order.pk}/")

    assert theirs.status_code == 404
    assert theirs.json() == client.get("/api/orders/123456/").json()


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_an_order_can_only_be_cancelled_or_fulfilled(
    client_of: ClientOf, alice: User, order: Order, method: str
) -> None:
    response = getattr(client_of(alice), method)(f"/api/orders/{order.pk}/", {"status": "placed"})

    assert response.status_code == 405
    assert response.json()["code"] == "method_not_allowed"


@pytest.mark.parametrize("pk", ["0", "99999999999999999999", "9" * 5000, "x"])
def test_an_unknown_id_is_not_found(client_of: ClientOf, bob: User, pk: str) -> None:
    assert client_of(bob).get(f"/api/orders/{pk}/").status_code == 404


def test_archiving_an_item_does_not_change_its_orders(
    client_of: ClientOf, carol: User, desk: Item, order: Order
) -> None:
    client = client_of(carol)
    before = client.get(f"/api/orders/{order.pk}/").json()

    assert client.delete(f"/api/items/{desk.pk}/").status_code == 204

    assert client.get(f"/api/orders/{order.pk}/").json() == before
