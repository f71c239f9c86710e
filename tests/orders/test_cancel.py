"""POST /api/orders/{id}/cancel/: own orders by their member, all by admins and owners."""

from threading import Event
from typing import Any

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from shared_apps.organizations.models import Organization
from shared_apps.users.models import ApiToken, User
from tenant_apps.items.models import Item
from tenant_apps.orders.models import Order
from tenantry.context import tenant_context
from tests.conftest import ClientOf, InThread, wait_for_blocked
from tests.orders.fixtures import Place


@pytest.fixture
def order(place: Place, bob: User, desk: Item) -> Order:
    """Bob's."""
    return place(bob, desk, 2)


def status_of(order: Order) -> str:
    with tenant_context("acme"):
        order.refresh_from_db()
    return order.status


@pytest.mark.parametrize("person", ["bob", "carol", "alice"])
def test_its_member_admins_and_owners_cancel(
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


def test_reading_cancels_nothing(client_of: ClientOf, bob: User, order: Order) -> None:
    assert client_of(bob).get(f"/api/orders/{order.pk}/cancel/").status_code == 405
    assert status_of(order) == "placed"


def test_of_cancelling_and_fulfilling_at_once_one_wins(
    in_thread: InThread, committed_organization: Organization
) -> None:
    """Both have read the order as placed and wait to change it."""
    user = User.objects.get(organization=committed_organization)
    locked, let_go = Event(), Event()

    def prepare() -> tuple[str, int]:
        _, token = ApiToken.objects.issue(user=user, organization=committed_organization)
        with tenant_context(committed_organization):
            return token, Order.objects.create(user=user).pk

    token, pk = in_thread(prepare).result()

    def hold() -> None:
        with tenant_context(committed_organization), transaction.atomic():
            Order.objects.select_for_update().get(pk=pk)
            locked.set()
            let_go.wait(timeout=10)

    def change(what: str) -> Any:
        client = APIClient(headers={"Authorization": f"Token {token}"})
        return client.post(f"/api/orders/{pk}/{what}/").status_code

    holding = in_thread(hold)
    locked.wait(timeout=10)
    changes = [in_thread(lambda: change("cancel")), in_thread(lambda: change("fulfil"))]
    try:
        in_thread(lambda: wait_for_blocked(2)).result()
    finally:
        let_go.set()
    holding.result()

    assert sorted(answer.result() for answer in changes) == [200, 409]
