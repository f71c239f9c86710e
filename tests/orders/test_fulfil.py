"""POST /api/orders/{id}/fulfil/: only for admins and owners."""

import pytest

from shared_apps.users.models import User
from tenant_apps.orders.models import Order
from tests.conftest import ClientOf

from .conftest import status_of


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
