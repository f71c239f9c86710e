"""Cancelling and fulfilling an order: what both have in common."""

import pytest
from rest_framework.test import APIClient

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenant_apps.orders.models import Order
from tenantry.context import tenant_context
from tests.conftest import ClientOf, InThread, run_behind_a_lock

from .conftest import status_of

ACTIONS = ("cancel", "fulfil")


@pytest.mark.parametrize("action", ACTIONS)
def test_another_organization_s_order_is_not_found(
    client_of: ClientOf, charlie: User, order: Order, action: str
) -> None:
    assert client_of(charlie).post(f"/api/orders/{order.pk}/{action}/").status_code == 404
    assert status_of(order) == "placed"


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("status", ["cancelled", "fulfilled"])
def test_only_a_placed_order_can_be_changed(
    client_of: ClientOf, alice: User, order: Order, action: str, status: str
) -> None:
    with tenant_context("acme"):
        Order.objects.filter(pk=order.pk).update(status=status)

    response = client_of(alice).post(f"/api/orders/{order.pk}/{action}/")

    assert response.status_code == 409
    assert response.json().keys() == {"detail", "code"}
    assert status_of(order) == status


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
