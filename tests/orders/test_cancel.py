"""POST /api/orders/{id}/cancel/: members cancel their own orders, admins and owners all."""

import pytest

from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenant_apps.orders.models import Order
from tests.conftest import ClientOf
from tests.orders.fixtures import Place

from .conftest import status_of


@pytest.mark.parametrize("person", ["bob", "carol", "alice"])
def test_the_member_who_ordered_and_admins_and_owners_can_cancel(
    client_of: ClientOf, request: pytest.FixtureRequest, order: Order, person: str
) -> None:
    client = client_of(request.getfixturevalue(person))
    before = client.get(f"/api/orders/{order.pk}/").json()

    response = client.post(f"/api/orders/{order.pk}/cancel/")

    assert response.status_code == 200
    assert response.json() == {**before, "status": "cancelled"}
    assert status_of(order) == "cancelled"


def test_a_colleague_s_order_is_not_found(
    client_of: ClientOf, place: Place, bob: User, carol: User, desk: Item
) -> None:
    order = place(carol, desk)

    assert client_of(bob).post(f"/api/orders/{order.pk}/cancel/").status_code == 404
    assert status_of(order) == "placed"


def test_get_does_not_cancel(client_of: ClientOf, bob: User, order: Order) -> None:
    assert client_of(bob).get(f"/api/orders/{order.pk}/cancel/").status_code == 405
    assert status_of(order) == "placed"
