"""POST /api/orders/{id}/fulfil/: only for admins and owners."""

import pytest

from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenant_apps.orders.models import Order
from tenantry.context import tenant_context
from tests.conftest import ClientOf
from tests.orders.fixtures import Place


@pytest.fixture
def order(place: Place, bob: User, desk: Item) -> Order:
    """An order of bob."""
    return place(bob, desk)


def status_of(order: Order) -> str:
    with tenant_context("acme"):
        order.refresh_from_db()
    return order.status


@pytest.mark.parametrize("person", ["carol", "alice"])
def test_admins_and_owners_fulfil(
    client_of: ClientOf, request: pytest.FixtureRequest, order: Order, person: str
) -> None:
    client = client_of(request.getfixturevalue(person))
    before = client.get(f"/api/orders/{order.pk}/").json()

    response = client.post(f"/api/orders/{order.pk}/fulfil/")

    assert response.status_code == 200
    assert response.json() == {**before, "status": "fulfilled"}
    assert status_of(order) == "fulfilled"


def test_a_member_cannot_fulfil_their_own_order(
    client_of: ClientOf, bob: User, order: Order
) -> None:
    response = client_of(bob).post(f"/api/orders/{order.pk}/fulfil/")

    assert response.status_code == 403
    assert response.json()["code"] == "permission_denied"
    assert status_of(order) == "placed"


def test_another_organization_s_order_is_not_found(
    client_of: ClientOf, charlie: User, order: Order
) -> None:
    assert client_of(charlie).post(f"/api/orders/{order.pk}/fulfil/").status_code == 404
    assert status_of(order) == "placed"


@pytest.mark.parametrize("status", ["cancelled", "fulfilled"])
def test_only_a_placed_order_can_be_fulfilled(
    client_of: ClientOf, carol: User, order: Order, status: str
) -> None:
    with tenant_context("acme"):
        Order.objects.filter(pk=order.pk).update(status=status)

    response = client_of(carol).post(f"/api/orders/{order.pk}/fulfil/")

    assert response.status_code == 409
    assert response.json().keys() == {"detail", "code"}
    assert status_of(order) == status
