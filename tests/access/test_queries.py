"""The number of SQL statements of a request does not grow with the rows of a list."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenantry.context import tenant_context
from tests.conftest import ClientOf, SessionOf, statements
from tests.orders.fixtures import Place


def statements_of(client: APIClient, method: str, url: str, body: Any = None) -> list[str]:
    """Return the statements of a request, and check that it succeeds."""
    with CaptureQueriesContext(connection) as captured:
        response = getattr(client, method)(url, body)
    assert response.status_code < 300, response.content
    return statements(captured)


@pytest.fixture
def order_url(place: Place, bob: User, desk: Item) -> str:
    place(bob, desk, 2)
    return f"/api/orders/{place(bob, desk, 3).pk}/"


def test_priced_orders_are_two_statements_with_a_token(
    client_of: ClientOf, bob: User, order_url: str
) -> None:
    assert len(statements_of(client_of(bob), "get", "/api/orders/priced/")) == 2


def test_priced_orders_are_three_statements_with_a_session(
    session_of: SessionOf, bob: User, order_url: str
) -> None:
    assert len(statements_of(session_of(bob), "get", "/api/orders/priced/")) == 3


@pytest.mark.parametrize("page", ["?page_size=2&page=1", "?page_size=1&page=2"])
def test_a_page_of_several_takes_one_statement_more_for_the_totals(
    client_of: ClientOf, bob: User, order_url: str, page: str
) -> None:
    assert len(statements_of(client_of(bob), "get", f"/api/orders/priced/{page}")) == 3


def test_an_empty_list_of_priced_orders_is_two_statements(client_of: ClientOf, bob: User) -> None:
    assert len(statements_of(client_of(bob), "get", "/api/orders/priced/")) == 2


@pytest.mark.parametrize(
    ("method", "url", "number"),
    [
        ("get", "/api/", 1),
        ("get", "/api/me/", 2),
        ("get", "/api/items/", 2),
        ("get", "/api/items/{item}/", 2),
        ("get", "/api/orders/", 2),
        ("get", "{order}", 4),
        # One of them writes the event for webhooks.
        ("post", "{order}cancel/", 6),
        ("post", "{order}fulfil/", 6),
        ("post", "/api/auth/logout/", 5),
    ],
)
def test_a_request_sends_a_fixed_number_of_statements(
    client_of: ClientOf, carol: User, desk: Item, order_url: str, method: str, url: str, number: int
) -> None:
    client = client_of(carol)

    assert len(statements_of(client, method, url.format(item=desk.pk, order=order_url))) == number


@pytest.mark.parametrize("url", ["/api/orders/", "/api/orders/priced/", "/api/items/"])
def test_a_longer_list_sends_the_same_number_of_statements(
    client_of: ClientOf, place: Place, alice: User, desk: Item, url: str
) -> None:
    client = client_of(alice)
    place(alice, desk)
    few = len(statements_of(client, "get", url))

    for number in range(5):
        with tenant_context("acme"):
            item = Item.objects.create(sku=f"S{number}", description="Item", price=1)
        place(alice, item)

    assert len(statements_of(client, "get", url)) == few


@pytest.mark.parametrize("lines", [1, 20])
def test_an_order_of_more_lines_sends_the_same_number_of_statements(
    client_of: ClientOf, bob: User, desk: Item, lines: int
) -> None:
    body = {"lines": [{"item": desk.pk, "quantity": 1}] * lines}

    # The last one writes the event for webhooks.
    assert len(statements_of(client_of(bob), "post", "/api/orders/", body)) == 5


def test_a_request_without_credentials_sends_no_statement(db: None) -> None:
    with CaptureQueriesContext(connection) as captured:
        APIClient().get("/api/items/")

    assert statements(captured) == []


@pytest.mark.parametrize("url", ["/", "/healthz", "/api/schema/", "/accounts/login/"])
def test_public_pages_send_no_statement(db: None, url: str) -> None:
    with CaptureQueriesContext(connection) as captured:
        APIClient().get(url)

    assert statements(captured) == []
