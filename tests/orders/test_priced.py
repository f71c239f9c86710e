"""GET /api/orders/priced/: a row for each line of the caller's orders, and the grand total."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenant_apps.orders.models import Order
from tenant_apps.orders.services import order_place
from tenantry.context import tenant_context
from tests.conftest import ClientOf
from tests.items.fixtures import DESK_ID
from tests.orders.fixtures import Place

URL = "/api/orders/priced/"


def rows(body: Any) -> list[tuple[str, str, int, str]]:
    keys = ("item_description", "item_price", "order_quantity", "order_total")
    return [tuple(row[key] for key in keys) for row in body["results"]]


def test_the_list_shows_each_line_and_the_sum(
    client_of: ClientOf, place: Place, bob: User, desk: Item, lamp: Item
) -> None:
    first, second = place(bob, desk, 2), place(bob, lamp, 3)

    response = client_of(bob).get(URL)

    assert response.status_code == 200
    assert response.json() == {
        "count": 2,
        "next": None,
        "previous": None,
        "grand_total": "559.70",
        "results": [
            {
                "order": first.pk,
                "user_name": "Bob",
                "item_description": "Acme desk",
                "item_price": "250.00",
                "order_quantity": 2,
                "order_total": "500.00",
            },
            {
                "order": second.pk,
                "user_name": "Bob",
                "item_description": "Lamp",
                "item_price": "19.90",
                "order_quantity": 3,
                "order_total": "59.70",
            },
        ],
    }


def test_lines_of_an_order_keep_their_sequence(
    client_of: ClientOf, bob: User, desk: Item, lamp: Item
) -> None:
    with tenant_context("acme"):
        order_place(
            user=bob,
            lines=[{"item": lamp, "quantity": 1}, {"item": desk, "quantity": 1}],
        )

    assert [row[0] for row in rows(client_of(bob).get(URL).json())] == ["Lamp", "Acme desk"]


def test_the_list_is_empty_without_orders(client_of: ClientOf, bob: User) -> None:
    response = client_of(bob).get(URL)

    assert response.status_code == 200
    assert response.json() == {
        "count": 0,
        "next": None,
        "previous": None,
        "grand_total": "0.00",
        "results": [],
    }


@pytest.mark.parametrize("person", ["bob", "carol", "alice"])
def test_every_role_sees_only_its_own_lines(
    client_of: ClientOf, place: Place, alice: User, bob: User, carol: User, desk: Item, person: str
) -> None:
    for user in (alice, bob, carol):
        place(user, desk)

    body = client_of({"alice": alice, "bob": bob, "carol": carol}[person]).get(URL).json()

    assert [row["user_name"] for row in body["results"]] == [person.title()]
    assert body["count"] == 1


def test_cancelled_orders_are_not_listed(
    client_of: ClientOf, place: Place, bob: User, desk: Item, lamp: Item
) -> None:
    cancelled = place(bob, desk)
    fulfilled = place(bob, lamp)
    with tenant_context("acme"):
        Order.objects.filter(pk=cancelled.pk).update(status="cancelled")
        Order.objects.filter(pk=fulfilled.pk).update(status="fulfilled")

    body = client_of(bob).get(URL).json()

    assert rows(body) == [("Lamp", "19.90", 1, "19.90")]
    assert (body["count"], body["grand_total"]) == (1, "19.90")


def test_the_oldest_order_is_first(
    client_of: ClientOf, place: Place, bob: User, desk: Item, lamp: Item
) -> None:
    place(bob, desk)
    older = place(bob, lamp)
    with tenant_context("acme"):
        Order.objects.filter(pk=older.pk).update(placed_at=timezone.now() - timedelta(days=1))

    assert [row[0] for row in rows(client_of(bob).get(URL).json())] == ["Lamp", "Acme desk"]


def test_the_price_is_that_of_the_order(
    client_of: ClientOf, place: Place, bob: User, desk: Item
) -> None:
    place(bob, desk)
    with tenant_context("acme"):
        Item.objects.filter(pk=DESK_ID).update(price="999.00")
    place(bob, Item(pk=DESK_ID, price="999.00"))

    assert [row[1] for row in rows(client_of(bob).get(URL).json())] == ["250.00", "999.00"]


def test_each_organization_has_its_own_lines(
    client_of: ClientOf, place: Place, bob: User, charlie: User, desk: Item, globex_desk: Item
) -> None:
    place(bob, desk)
    place(charlie, globex_desk, 2)

    assert rows(client_of(bob).get(URL).json()) == [("Acme desk", "250.00", 1, "250.00")]
    assert rows(client_of(charlie).get(URL).json()) == [("Globex desk", "90.00", 2, "180.00")]


def test_the_same_person_has_other_orders_in_another_organization(
    client_of: ClientOf, place: Place, bob: User, globex: Organization, desk: Item
) -> None:
    place(bob, desk)
    globex.memberships.create(user=bob, role="owner")

    assert client_of(bob, globex).get(URL).json()["count"] == 0


def test_a_user_id_in_the_query_changes_nothing(
    client_of: ClientOf, place: Place, bob: User, carol: User, globex: Organization, desk: Item
) -> None:
    place(bob, desk)
    place(carol, desk, 2)
    client = client_of(bob)
    claim = {"user_id": carol.pk, "user": carol.pk, "organization_id": globex.pk, "role": "owner"}

    claimed = client.get(URL, claim).json()

    assert claimed == client.get(URL).json()
    assert rows(claimed) == [("Acme desk", "250.00", 1, "250.00")]


def test_search_filter_and_ordering_are_ignored(
    client_of: ClientOf, place: Place, bob: User, desk: Item
) -> None:
    place(bob, desk)
    client = client_of(bob)

    response = client.get(f"{URL}?search=nothing&status=cancelled&ordering=-id")

    assert response.json()["count"] == 1


class TestPages:
    @pytest.fixture
    def client(self, client_of: ClientOf, place: Place, bob: User, desk: Item) -> APIClient:
        """A client of bob, who ordered 1, 2, 3, 4 and 5 desks."""
        for quantity in range(1, 6):
            place(bob, desk, quantity)
        return client_of(bob)

    def test_have_count_and_sum_of_all_pages(self, client: APIClient) -> None:
        pages = [client.get(f"{URL}?page_size=2&page={page}").json() for page in (1, 2, 3)]

        assert [[row[2] for row in rows(page)] for page in pages] == [[1, 2], [3, 4], [5]]
        assert {page["count"] for page in pages} == {5}
        assert {page["grand_total"] for page in pages} == {"3750.00"}

    def test_are_linked(self, client: APIClient) -> None:
        first = client.get(f"{URL}?page_size=3").json()
        second = client.get(first["next"]).json()

        assert second["next"] is None
        assert client.get(second["previous"]).json() == first

    @pytest.mark.parametrize("page", ["3", "0", "-1", "x", "9" * 20, "9" * 5000])
    def test_after_the_last_one_are_not_found(self, client: APIClient, page: str) -> None:
        response = client.get(f"{URL}?page_size=3&page={page}")

        assert response.status_code == 404
        assert response.json()["code"] == "not_found"

    def test_last_is_the_last_page(self, client: APIClient) -> None:
        assert [row[2] for row in rows(client.get(f"{URL}?page_size=2&page=last").json())] == [5]

    def test_have_at_most_200_rows(self, client: APIClient, bob: User, desk: Item) -> None:
        with tenant_context("acme"):
            order_place(user=bob, lines=[{"item": desk, "quantity": 1}] * 200)

        assert len(client.get(URL).json()["results"]) == 50
        assert len(client.get(f"{URL}?page_size=1000").json()["results"]) == 200


@pytest.mark.parametrize("person", ["stella", "nora"])
def test_a_user_without_an_organization_is_denied(
    session_of: Any, request: pytest.FixtureRequest, person: str
) -> None:
    response = session_of(request.getfixturevalue(person)).get(URL)

    assert response.status_code == 403
    assert response.json()["code"] == "no_organization"
