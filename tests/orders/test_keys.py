"""Orders that a key of the organization places, reads, cancels and fulfils."""

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from shared_apps.webhooks.models import Delivery
from tenant_apps.items.models import Item
from tenant_apps.orders.models import Order
from tenantry.context import tenant_context
from tests.conftest import SessionOf
from tests.items.fixtures import DESK_ID
from tests.orders.fixtures import Place
from tests.tokens import code_of, key_of
from tests.webhooks.fixtures import Hook

URL = "/api/orders/"
NEW = {"lines": [{"item": DESK_ID, "quantity": 2}]}


def place_by(client: APIClient, **headers: str) -> Any:
    return client.post(URL, NEW, format="json", headers=headers)


@pytest.mark.parametrize("role", ["member", "admin"])
def test_an_order_of_a_key_has_no_user(acme: Organization, desk: Item, role: str) -> None:
    _, client = key_of(acme, role=role)

    response = place_by(client)

    assert response.status_code == 201
    assert (response.json()["user"], response.json()["total"]) == (None, "500.00")
    url = f"{URL}{response.json()['id']}/"
    assert client.get(url).json() == response.json()
    assert client.get(URL).json()["results"] == [response.json()]
    assert client.get(URL, {"ordering": "-id"}).json()["results"] == [response.json()]


def test_a_member_key_sees_orders_of_keys_only(
    acme: Organization, bob: User, desk: Item, place: Place
) -> None:
    of_bob = place(bob, desk).pk
    (_, client), (_, other) = key_of(acme, role="member"), key_of(acme, role="member")
    of_key = place_by(other).json()["id"]

    for query in ({}, {"ordering": "id"}):
        assert [each["id"] for each in client.get(URL, query).json()["results"]] == [of_key]
    assert client.get(f"{URL}{of_key}/").status_code == 200
    assert code_of(client.get(f"{URL}{of_bob}/")) == (404, "not_found")
    assert code_of(client.post(f"{URL}{of_bob}/cancel/")) == (404, "not_found")
    assert client.post(f"{URL}{of_key}/cancel/").status_code == 200


def test_an_admin_key_sees_and_fulfils_all(
    acme: Organization, bob: User, desk: Item, place: Place
) -> None:
    _, client = key_of(acme)
    orders = {place(bob, desk).pk, place_by(client).json()["id"]}

    assert {each["id"] for each in client.get(URL).json()["results"]} == orders
    for order in orders:
        assert client.post(f"{URL}{order}/fulfil/").status_code == 200


def test_a_member_key_may_not_fulfil(acme: Organization, desk: Item) -> None:
    _, client = key_of(acme, role="member")
    order = place_by(client).json()["id"]

    assert code_of(client.post(f"{URL}{order}/fulfil/")) == (403, "permission_denied")


def test_members_see_an_order_of_a_key_as_its_role_allows(
    acme: Organization, desk: Item, session_of: SessionOf, bob: User, carol: User
) -> None:
    order = place_by(key_of(acme)[1]).json()["id"]

    assert session_of(bob).get(f"{URL}{order}/").status_code == 404
    assert session_of(bob).get(URL).json()["count"] == 0
    assert session_of(carol).get(f"{URL}{order}/").json()["user"] is None


@pytest.mark.parametrize("role", ["member", "admin"])
def test_the_priced_orders_of_a_key_are_empty(
    acme: Organization, bob: User, desk: Item, place: Place, role: str
) -> None:
    _, client = key_of(acme, role=role)
    place(bob, desk)
    place_by(client)

    assert client.get(f"{URL}priced/").json() == {
        "count": 0,
        "next": None,
        "previous": None,
        "grand_total": "0.00",
        "results": [],
    }


def test_an_idempotency_key_belongs_to_one_key(acme: Organization, desk: Item) -> None:
    (_, first), (_, second) = key_of(acme), key_of(acme)

    orders = [
        place_by(client, **{"Idempotency-Key": "order-1"}).json()["id"]
        for client in (first, first, second)
    ]

    assert orders[0] == orders[1] != orders[2]
    with tenant_context(acme):
        assert Order.objects.count() == 2


def test_the_event_of_a_key_s_order_has_no_user(
    acme: Organization, desk: Item, hook: Hook, local: None
) -> None:
    hook("http://127.0.0.1:9999/", events=["order.placed"])

    placed = place_by(key_of(acme)[1]).json()

    message = json.loads(Delivery.objects.get().body)
    assert (message["type"], message["data"]) == ("order.placed", placed)
    assert message["data"]["user"] is None
