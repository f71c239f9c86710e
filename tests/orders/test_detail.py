"""GET /api/orders/{id}/: one's own, or all of them for admins and owners."""

import pytest

from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenant_apps.orders.models import Order
from tests.conftest import ClientOf
from tests.orders.fixtures import Place


@pytest.fixture
def order(place: Place, bob: User, desk: Item) -> Order:
    """Bob's."""
    return place(bob, desk)


@pytest.mark.parametrize("person", ["bob", "carol", "alice"])
def test_is_shown_to_its_member_to_admins_and_to_owners(
    client_of: ClientOf, request: pytest.FixtureRequest, order: Order, person: str
) -> None:
    response = client_of(request.getfixturevalue(person)).get(f"/api/orders/{order.pk}/")

    assert response.status_code == 200
    assert response.json()["user"]["name"] == "Bob"


def test_a_colleague_s_cannot_be_told_from_one_that_is_none(
    client_of: ClientOf, place: Place, bob: User, carol: User, desk: Item
) -> None:
    client = client_of(bob)

    colleagues = client.get(f"/api/orders/{place(carol, desk).pk}/")
    nobodys = client.get("/api/orders/123456/")

    assert colleagues.status_code == nobodys.status_code == 404
    assert colleagues.json() == nobodys.json()


def test_another_organization_s_cannot_be_told_from_one_that_is_none(
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
def test_an_id_that_is_none_is_not_found(client_of: ClientOf, bob: User, pk: str) -> None:
    assert client_of(bob).get(f"/api/orders/{pk}/").status_code == 404


def test_stays_as_it_is_when_its_item_is_archived(
    client_of: ClientOf, carol: User, desk: Item, order: Order
) -> None:
    client = client_of(carol)
    before = client.get(f"/api/orders/{order.pk}/").json()

    assert client.delete(f"/api/items/{desk.pk}/").status_code == 204

    assert client.get(f"/api/orders/{order.pk}/").json() == before
