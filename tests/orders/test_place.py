"""POST /api/orders/: place an order at current prices."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from shared_apps.core.errors import DomainError
from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenant_apps.orders.models import Order, OrderLine
from tenant_apps.orders.serializers import MAX_LINES
from tenant_apps.orders.services import order_place
from tenantry.context import tenant_context
from tests.conftest import ClientOf, InThread
from tests.items.fixtures import DESK_ID

URL = "/api/orders/"
ONE_DESK = {"lines": [{"item": DESK_ID, "quantity": 1}]}


@pytest.fixture
def member(client_of: ClientOf, bob: User, desk: Item) -> APIClient:
    return client_of(bob)


def count(organization: Organization) -> tuple[int, int]:
    with tenant_context(organization):
        return Order.objects.count(), OrderLine.objects.count()


def test_the_response_has_all_fields_of_the_order(member: APIClient, bob: User, lamp: Item) -> None:
    lines = [{"item": lamp.pk, "quantity": 3}, {"item": DESK_ID, "quantity": 2}]

    response = member.post(URL, {"lines": lines})

    assert response.status_code == 201
    body = response.json()
    assert body == member.get(f"{URL}{body['id']}/").json()
    assert body["placed_at"].endswith("Z")
    first, second = body["lines"]
    assert body == {
        "id": body["id"],
        "status": "placed",
        "placed_at": body["placed_at"],
        "user": {"id": bob.pk, "name": "Bob"},
        "lines": [
            {
                "id": first["id"],
                "item": lamp.pk,
                "item_description": "Lamp",
                "quantity": 3,
                "unit_price": "19.90",
                "total": "59.70",
            },
            {
                "id": second["id"],
                "item": DESK_ID,
                "item_description": "Acme desk",
                "quantity": 2,
                "unit_price": "250.00",
                "total": "500.00",
            },
        ],
        "total": "559.70",
    }


@pytest.mark.parametrize("person", ["bob", "carol", "alice"])
def test_every_role_can_order(
    client_of: ClientOf, request: pytest.FixtureRequest, desk: Item, person: str
) -> None:
    client = client_of(request.getfixturevalue(person))

    assert client.post(URL, ONE_DESK).status_code == 201


def test_an_item_can_be_in_two_lines(member: APIClient, desk: Item) -> None:
    response = member.post(URL, {"lines": ONE_DESK["lines"] * 2})

    assert [line["quantity"] for line in response.json()["lines"]] == [1, 1]
    assert response.json()["total"] == "500.00"


def test_a_new_price_does_not_change_existing_orders(
    member: APIClient, client_of: ClientOf, carol: User
) -> None:
    order = member.post(URL, ONE_DESK).json()
    priced = member.get(f"{URL}priced/").json()

    client_of(carol).patch(f"/api/items/{DESK_ID}/", {"price": "999.00"})

    assert member.get(f"{URL}{order['id']}/").json() == order
    assert member.get(f"{URL}priced/").json() == priced
    assert member.post(URL, ONE_DESK).json()["total"] == "999.00"


def test_user_organization_and_price_in_the_request_are_ignored(
    member: APIClient, bob: User, charlie: User, acme: Organization, globex: Organization
) -> None:
    claim = {
        "user": charlie.pk,
        "user_id": charlie.pk,
        "organization": "globex",
        "organization_id": globex.pk,
        "status": "fulfilled",
        "total": "0.01",
        "placed_at": "2000-01-01T00:00:00Z",
    }
    lines = [{"item": DESK_ID, "quantity": 1, "unit_price": "0.01", "total": "0.01", "id": 1}]

    body = member.post(
        f"{URL}?user_id={charlie.pk}&organization_id={globex.pk}", {**claim, "lines": lines}
    ).json()

    assert body["user"] == {"id": bob.pk, "name": "Bob"}
    assert (body["status"], body["total"]) == ("placed", "250.00")
    assert not body["placed_at"].startswith("2000")
    assert count(acme) == (1, 1)
    assert count(globex) == (0, 0)


def test_each_organization_orders_its_own_item_with_the_same_id(
    client_of: ClientOf, charlie: User, bob: User, desk: Item, globex_desk: Item
) -> None:
    assert client_of(bob).post(URL, ONE_DESK).json()["total"] == "250.00"
    assert client_of(charlie).post(URL, ONE_DESK).json()["total"] == "90.00"


def test_an_item_of_another_organization_cannot_be_ordered(
    client_of: ClientOf, charlie: User, globex: Organization, desk: Item
) -> None:
    theirs = client_of(charlie).post(URL, ONE_DESK)
    unknown = client_of(charlie).post(URL, {"lines": [{"item": DESK_ID + 1, "quantity": 1}]})

    assert theirs.status_code == unknown.status_code == 400
    assert theirs.json() == unknown.json()
    assert count(globex) == (0, 0)


def test_an_archived_item_cannot_be_ordered(
    member: APIClient, client_of: ClientOf, carol: User, acme: Organization
) -> None:
    client_of(carol).delete(f"/api/items/{DESK_ID}/")

    response = member.post(URL, ONE_DESK)

    assert response.status_code == 400
    assert response.json()["lines"]["0"].keys() == {"item"}
    assert count(acme) == (0, 0)


@pytest.mark.parametrize(
    "quantity", [0, -1, "two", "", 1.5, "1.5", True, None, 10**12, 2**31, 10**400, [], {}]
)
def test_an_invalid_quantity_is_rejected(
    member: APIClient, acme: Organization, quantity: Any
) -> None:
    response = member.post(URL, {"lines": [{"item": DESK_ID, "quantity": quantity}]})

    assert response.status_code == 400
    assert response.json()["lines"]["0"].keys() == {"quantity"}
    assert count(acme) == (0, 0)


@pytest.mark.parametrize(
    "item", [0, -1, DESK_ID + 1, "desk", 1.5, True, None, 2**63, 10**30, [DESK_ID], {"id": DESK_ID}]
)
def test_an_unknown_item_is_rejected(member: APIClient, acme: Organization, item: Any) -> None:
    response = member.post(URL, {"lines": [{"item": item, "quantity": 1}]})

    assert response.status_code == 400
    assert response.json()["lines"]["0"].keys() == {"item"}
    assert count(acme) == (0, 0)


def test_an_error_has_the_position_of_its_line(member: APIClient, acme: Organization) -> None:
    good = {"item": DESK_ID, "quantity": 1}

    shape = member.post(URL, {"lines": [good, {"item": DESK_ID, "quantity": 0}, good]})
    rule = member.post(URL, {"lines": [good, {"item": DESK_ID + 1, "quantity": 1}, good]})

    assert shape.json()["lines"].keys() == rule.json()["lines"].keys() == {"1"}
    assert shape.json()["lines"]["1"].keys() == {"quantity"}
    assert rule.json()["lines"]["1"].keys() == {"item"}
    assert count(acme) == (0, 0)


@pytest.mark.parametrize("lines", [[], None, {}, "x", 7, ["x"], [None], [[]], [{}]], ids=repr)
def test_invalid_lines_are_rejected(member: APIClient, acme: Organization, lines: Any) -> None:
    response = member.post(URL, {"lines": lines})

    assert response.status_code == 400
    assert response.json().keys() == {"lines"}
    assert count(acme) == (0, 0)


def test_an_order_needs_lines(member: APIClient, acme: Organization) -> None:
    response = member.post(URL, {})

    assert response.status_code == 400
    assert response.json() == {"lines": ["This field is required."]}


def test_a_total_can_have_more_than_twelve_digits(
    member: APIClient, client_of: ClientOf, carol: User
) -> None:
    client_of(carol).patch(f"/api/items/{DESK_ID}/", {"price": "9999999999.99"})

    line = {"item": DESK_ID, "quantity": 2_147_483_647}
    body = member.post(URL, {"lines": [line] * 3}).json()

    # 9999999999.99 x 2147483647, three times
    assert body["lines"][0]["total"] == "21474836469978525163.53"
    assert body["total"] == "64424509409935575490.59"
    assert member.get(f"{URL}{body['id']}/").json()["total"] == "64424509409935575490.59"
    assert member.get(f"{URL}priced/").json()["grand_total"] == "64424509409935575490.59"


def test_each_organization_has_its_own_order_ids(
    client_of: ClientOf, bob: User, charlie: User, desk: Item, globex_desk: Item
) -> None:
    def order_id(user: User) -> int:
        return int(client_of(user).post(URL, ONE_DESK).json()["id"])

    before = order_id(charlie)
    for _ in range(3):
        order_id(bob)

    assert order_id(charlie) == before + 1


def test_an_item_that_was_archived_after_it_was_read_is_not_ordered(
    acme: Organization, bob: User, desk: Item, lamp: Item
) -> None:
    with tenant_context(acme):
        Item.objects.filter(pk=desk.pk).update(is_active=False)

        with pytest.raises(DomainError, match="archived"), transaction.atomic():
            order_place(user=bob, lines=[{"item": each, "quantity": 1} for each in (lamp, desk)])

    assert count(acme) == (0, 0)


def test_a_price_changed_after_the_item_was_read_is_the_new_one(
    acme: Organization, bob: User, desk: Item
) -> None:
    with tenant_context(acme):
        Item.objects.filter(pk=desk.pk).update(price=3)

        order: Any = order_place(user=bob, lines=[{"item": desk, "quantity": 2}])

        assert order.total == Decimal(6)
        assert OrderLine.objects.get(order=order).unit_price == Decimal(3)


def test_an_order_waits_for_no_other_order_or_price(
    in_thread: InThread, committed_organization: Organization
) -> None:
    user = User.objects.get(organization=committed_organization)

    def place(*items: Item) -> Any:
        return order_place(user=user, lines=[{"item": item, "quantity": 1} for item in items])

    @tenant_context(committed_organization)
    def first() -> Any:
        lamp, rug = (
            Item.objects.create(sku=sku, description=sku, price=1) for sku in ("LAMP", "RUG")
        )
        with transaction.atomic():
            Item.objects.filter(pk=rug.pk).update(price=5)
            place(lamp, rug)
            second = tenant_context(committed_organization)(lambda: place(rug, lamp))
            return in_thread(second).result(timeout=10)

    assert in_thread(first).result().total == 2


def test_an_order_with_too_many_lines_is_rejected(member: APIClient) -> None:
    response = member.post(URL, {"lines": ONE_DESK["lines"] * (MAX_LINES + 1)})

    assert response.status_code == 400
    assert "lines" in response.json()


def test_options_describes_a_new_order(member: APIClient) -> None:
    described = member.options(URL).json()["actions"]["POST"]["lines"]["child"]["children"]

    assert described.keys() == {"item", "quantity"}
