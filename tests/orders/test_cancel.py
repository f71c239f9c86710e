"""POST /api/orders/{id}/cancel/: members cancel their own orders, admins and owners all."""

import pytest
from rest_framework.test import APIClient

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenant_apps.orders.models import Order
from tenantry.context import tenant_context
from tests.conftest import ClientOf, InThread, run_behind_a_lock
from tests.orders.fixtures import Place


@pytest.fixture
def order(place: Place, bob: User, desk: Item) -> Order:
    """An order of bob."""
    return place(bob, desk, 2)


def status_of(order: Order) -> str:
    with tenant_context("acme"):
        order.refresh_from_db()
    return order.status


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


def test_another_organization_s_order_is_not_found(
    client_of: ClientOf, charlie: User, order: Order
) -> None:
    assert client_of(charlie).post(f"/api/orders/{order.pk}/cancel/").status_code == 404
    assert status_of(order) == "placed"


@pytest.mark.parametrize("status", ["cancelled", "fulfilled"])
def test_only_a_placed_order_can_be_cancelled(
    client_of: ClientOf, alice: User, order: Order, status: str
) -> None:
    with tenant_context("acme"):
        Order.objects.filter(pk=order.pk).update(status=status)

    response = client_of(alice).post(f"/api/orders/{order.pk}/cancel/")

    assert response.status_code == 409
    assert response.json().keys() == {"detail", "code"}
    assert status_of(order) == status


def test_get_does_not_cancel(client_of: ClientOf, bob: User, order: Order) -> None:
    assert client_of(bob).get(f"/api/orders/{order.pk}/cancel/").status_code == 405
    assert status_of(order) == "placed"


def test_only_one_of_concurrent_cancel_and_fulfil_succeeds(
    in_thread: InThread, committed_organization: Organization, committed_client: APIClient
) -> None:
    within = tenant_context(committed_organization)
    user = User.objects.get(organization=committed_organization)
    pk = in_thread(within(lambda: Order.objects.create(user=user))).result().pk

    def change(action: str) -> int:
        return committed_client.post(f"/api/orders/{pk}/{action}/").status_code

    statuses = run_behind_a_lock(
        in_thread,
        within(lambda: Order.objects.select_for_update().get(pk=pk)),
        lambda: change("cancel"),
        lambda: change("fulfil"),
    )

    assert sorted(statuses) == [200, 409]
