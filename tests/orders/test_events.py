"""order.placed, order.cancelled and order.fulfilled."""

import json
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from shared_apps.users.models import User
from shared_apps.webhooks.models import Delivery
from tenant_apps.items.models import Item
from tenant_apps.orders.models import Order
from tenant_apps.orders.services import Change, order_change
from tenantry.context import tenant_context
from tests.conftest import ClientOf, statements
from tests.items.fixtures import DESK_ID
from tests.webhooks.fixtures import Hook

from .fixtures import Place

URL = "/api/orders/"
ONE_DESK = {"lines": [{"item": DESK_ID, "quantity": 1}]}
EVENTS = ["order.placed", "order.cancelled", "order.fulfilled"]


@pytest.fixture(autouse=True)
def _hook(hook: Hook, local: None, desk: Item) -> None:
    hook("http://127.0.0.1:9999/", events=EVENTS)


def events() -> list[tuple[str, Any]]:
    messages = [json.loads(each.body) for each in Delivery.objects.order_by("pk")]
    return [(message["type"], message["data"]) for message in messages]


def test_an_order_is_an_event_with_the_order_as_the_api_shows_it(
    client_of: ClientOf, bob: User
) -> None:
    placed = client_of(bob).post(URL, ONE_DESK).json()

    assert events() == [("order.placed", placed)]
    assert Delivery.objects.get().subject == f"order:{placed['id']}"


@pytest.mark.parametrize(
    ("verb", "event"), [("cancel", "order.cancelled"), ("fulfil", "order.fulfilled")]
)
def test_a_change_of_an_order_is_an_event(
    client_of: ClientOf, carol: User, verb: str, event: str
) -> None:
    client = client_of(carol)
    placed = client.post(URL, ONE_DESK).json()
    changed = client.post(f"{URL}{placed['id']}/{verb}/").json()

    assert events() == [("order.placed", placed), (event, changed)]
    assert changed == client.get(f"{URL}{placed['id']}/").json()


def test_an_order_that_was_read_with_another_query_is_complete_in_its_event(
    place: Place, bob: User, desk: Item
) -> None:
    """As the admin reads it."""
    order = place(bob, desk)

    with tenant_context("acme"):
        order_change(order=Order.objects.get(pk=order.pk), change=Change.CANCEL)

    (_, placed), (_, cancelled) = events()
    assert cancelled == {**placed, "status": "cancelled"}


def test_no_event_has_an_email(client_of: ClientOf, bob: User) -> None:
    client_of(bob).post(URL, ONE_DESK)

    assert events()[0][1]["user"] == {"id": bob.pk, "name": "Bob"}
    assert "@" not in Delivery.objects.get().body


def test_a_rejected_order_or_change_sends_no_event(
    client_of: ClientOf, bob: User, carol: User
) -> None:
    client = client_of(carol)
    client.post(URL, {"lines": []})
    placed = client.post(URL, ONE_DESK).json()
    client.post(f"{URL}{placed['id']}/cancel/")
    client.post(f"{URL}{placed['id']}/cancel/")
    client_of(bob).post(f"{URL}{placed['id']}/fulfil/")

    assert [event for event, _ in events()] == ["order.placed", "order.cancelled"]


def test_a_repeated_request_is_one_event(client_of: ClientOf, bob: User) -> None:
    for _ in range(2):
        client_of(bob).post(URL, ONE_DESK, headers={"Idempotency-Key": "k"})

    assert len(events()) == 1


def test_an_order_that_is_rolled_back_sends_no_event(place: Place, bob: User, desk: Item) -> None:
    with transaction.atomic():
        place(bob, desk)
        transaction.set_rollback(True)

    assert events() == []


@pytest.mark.parametrize("endpoints", [0, 3])
def test_an_event_costs_one_statement_for_any_number_of_endpoints(
    client_of: ClientOf, bob: User, hook: Hook, endpoints: int
) -> None:
    for _ in range(endpoints):
        hook("http://127.0.0.1:9999/", events=EVENTS)
    client = client_of(bob)

    with CaptureQueriesContext(connection) as captured:
        assert client.post(URL, ONE_DESK).status_code == 201

    written = [sql for sql in statements(captured) if "tenantry_webhooks" in sql]
    assert len(written) == 1
    assert len(statements(captured)) == 5
    assert Delivery.objects.count() == 1 + endpoints
