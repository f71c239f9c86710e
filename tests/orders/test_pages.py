"""/orders/ and /orders/<id>/: who sees which orders, filters, and changes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shared_apps.api.pagination import PagePagination
from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenant_apps.orders.models import Order
from tenant_apps.orders.services import order_place
from tenantry.context import tenant_context
from tests.conftest import SessionOf, statements
from tests.orders.fixtures import Place

from .conftest import status_of
from .pages import text_of

URL = "/orders/"


def listed(response: Any) -> list[int]:
    """Return the ids of the orders of a list, in its sequence."""
    assert response.status_code == 200
    links = response.text.partition("<tbody")[2].split('href="/orders/')[1:]
    return [int(link.partition("/")[0]) for link in links if link[0].isdigit()]


def place_at(order: Order, moment: datetime) -> None:
    with tenant_context("acme"):
        Order.objects.filter(pk=order.pk).update(placed_at=moment)


class TestTheList:
    def test_shows_members_their_own_orders_and_admins_and_owners_all(
        self, session_of: SessionOf, place: Place, alice: User, bob: User, carol: User, desk: Item
    ) -> None:
        of_alice, of_bob = place(alice, desk), place(bob, desk)

        assert listed(session_of(bob).get(URL)) == [of_bob.pk]
        assert listed(session_of(carol).get(URL)) == [of_bob.pk, of_alice.pk]
        assert listed(session_of(alice).get(URL)) == [of_bob.pk, of_alice.pk]

    def test_shows_what_an_order_is(
        self, session_of: SessionOf, bob: User, carol: User, desk: Item, lamp: Item
    ) -> None:
        with tenant_context("acme"):
            lines = [{"item": desk, "quantity": 2}, {"item": lamp, "quantity": 1}]
            order = order_place(user=bob, lines=lines)  # type: ignore[arg-type]
            order_place(user=None, lines=lines[1:])  # type: ignore[arg-type]

        text = text_of(session_of(carol).get(URL))

        times = "\N{MULTIPLICATION SIGN}"
        desk_and_lamp = f"2 {times} Acme desk and 1 more line"
        assert f"Order {order.pk} {desk_and_lamp} Bob just now Placed EUR 519.90" in text
        assert f"1 {times} Lamp A key just now Placed EUR 19.90" in text

    def test_shows_nothing_of_another_organization(
        self, session_of: SessionOf, place: Place, alice: User, charlie: User, globex_desk: Item
    ) -> None:
        place(charlie, globex_desk)

        assert "No orders yet" in text_of(session_of(alice).get(URL))

    def test_of_nothing_leads_to_a_new_order(self, session_of: SessionOf, bob: User) -> None:
        page = session_of(bob).get(URL)

        assert "No orders yet" in text_of(page)
        assert 'href="/orders/new/"' in page.text

    def test_has_filters_and_an_ordering(
        self, session_of: SessionOf, place: Place, bob: User, desk: Item, lamp: Item
    ) -> None:
        first, second, third = place(bob, desk, 2), place(bob, lamp), place(bob, desk)
        with tenant_context("acme"):
            Order.objects.filter(pk=third.pk).update(status="cancelled")
        client = session_of(bob)

        for query, expected in {
            "": [third, second, first],
            "status=placed": [second, first],
            "search=lamp": [second],
            "search=acme+desk&status=cancelled": [third],
            "ordering=id": [first, second, third],
            "ordering=total": [second, third, first],
            "ordering=-total&status=placed": [first, second],
        }.items():
            assert listed(client.get(f"{URL}?{query}")) == [order.pk for order in expected], query

    def test_is_filtered_by_whole_days(
        self, session_of: SessionOf, place: Place, bob: User, desk: Item
    ) -> None:
        orders = [place(bob, desk) for _ in range(3)]
        for order, moment in zip(
            orders,
            (
                datetime(2026, 3, 1, 0, 0, tzinfo=UTC),
                datetime(2026, 3, 2, 23, 59, 59, tzinfo=UTC),
                datetime(2026, 3, 3, 0, 0, tzinfo=UTC),
            ),
            strict=True,
        ):
            place_at(order, moment)
        first, second, third = (order.pk for order in orders)
        client = session_of(bob)

        assert listed(client.get(f"{URL}?until=2026-03-02")) == [second, first]
        assert listed(client.get(f"{URL}?since=2026-03-02")) == [third, second]
        assert listed(client.get(f"{URL}?since=2026-03-02&until=2026-03-02")) == [second]

    def test_of_no_match_has_another_text(
        self, session_of: SessionOf, place: Place, bob: User, desk: Item
    ) -> None:
        place(bob, desk)

        assert "No orders match" in text_of(session_of(bob).get(f"{URL}?search=sofa"))

    @pytest.mark.parametrize(
        "query",
        [
            "status=lost",
            "since=yesterday",
            "until=9999-12-31",
            "since=0001-01-01",
            "since=2026-03-02&until=2026-03-01",
            "ordering=user",
            "search=%00",
            "search=" + "a+" * 21,
            "search=" + "a" * 1_001,
        ],
    )
    def test_a_wrong_filter_is_an_error_at_its_field(
        self, session_of: SessionOf, bob: User, query: str
    ) -> None:
        response = session_of(bob).get(f"{URL}?{query}")

        assert response.status_code == 400
        assert 'class="errorlist"' in response.text

    def test_has_pages_that_keep_the_filters(
        self, session_of: SessionOf, place: Place, bob: User, desk: Item
    ) -> None:
        orders = [place(bob, desk).pk for _ in range(PagePagination.page_size + 1)]
        client = session_of(bob)

        first, second = client.get(f"{URL}?status=placed"), client.get(f"{URL}?page=2")

        assert listed(first) == orders[:0:-1]
        assert listed(second) == orders[:1]
        assert 'href="?status=placed&amp;page=2"' in first.text
        assert client.get(f"{URL}?page=3").status_code == 404
        assert client.get(f"{URL}?page=x").status_code == 404


class TestOneOrder:
    def test_shows_lines_and_totals(
        self, session_of: SessionOf, place: Place, bob: User, desk: Item
    ) -> None:
        order = place(bob, desk, 2)

        text = text_of(session_of(bob).get(f"{URL}{order.pk}/"))

        assert "Status Placed Placed just now Placed by Bob Organization Acme" in text
        assert "Acme desk DESK EUR 250.00 2 EUR 500.00 Total EUR 500.00" in text

    def test_of_a_colleague_is_not_found_for_a_member(
        self, session_of: SessionOf, place: Place, alice: User, bob: User, desk: Item
    ) -> None:
        order = place(alice, desk)

        assert session_of(bob).get(f"{URL}{order.pk}/").status_code == 404
        assert session_of(bob).post(f"{URL}{order.pk}/cancel/").status_code == 404
        assert status_of(order) == "placed"

    def test_that_does_not_exist_is_not_found(self, session_of: SessionOf, alice: User) -> None:
        for number in (999, 10**30):
            assert session_of(alice).get(f"{URL}{number}/").status_code == 404

    @pytest.mark.parametrize(
        ("person", "status", "buttons"),
        [
            ("bob", "placed", ["cancel"]),
            ("carol", "placed", ["fulfil", "cancel"]),
            ("alice", "placed", ["fulfil", "cancel"]),
            ("bob", "fulfilled", []),
            ("alice", "cancelled", []),
        ],
    )
    def test_has_the_buttons_that_work(
        self,
        request: pytest.FixtureRequest,
        session_of: SessionOf,
        order: Order,
        person: str,
        status: str,
        buttons: list[str],
    ) -> None:
        with tenant_context("acme"):
            Order.objects.filter(pk=order.pk).update(status=status)

        page = session_of(request.getfixturevalue(person)).get(f"{URL}{order.pk}/").text

        shown = [name for name in ("fulfil", "cancel") if f"/orders/{order.pk}/{name}/" in page]
        assert shown == buttons


class TestAChange:
    @pytest.mark.parametrize(
        ("change", "after"), [("cancel", "cancelled"), ("fulfil", "fulfilled")]
    )
    def test_leads_back_to_the_order(
        self, session_of: SessionOf, carol: User, order: Order, change: str, after: str
    ) -> None:
        client = session_of(carol)

        response = client.post(f"{URL}{order.pk}/{change}/")

        assert (response.status_code, response["Location"]) == (302, f"{URL}{order.pk}/")
        assert f"Order {order.pk} is {after}." in text_of(client.get(response["Location"]))
        assert status_of(order) == after

    @pytest.mark.parametrize("change", ["cancel", "fulfil"])
    def test_that_comes_too_late_says_so(
        self, session_of: SessionOf, carol: User, order: Order, change: str
    ) -> None:
        session_of(carol).post(f"{URL}{order.pk}/cancel/")

        response = session_of(carol).post(f"{URL}{order.pk}/{change}/")

        assert response.status_code == 409
        assert "Nothing was changed: this order is cancelled already." in text_of(response)
        assert status_of(order) == "cancelled"

    def test_a_member_cannot_fulfil(self, session_of: SessionOf, bob: User, order: Order) -> None:
        assert session_of(bob).post(f"{URL}{order.pk}/fulfil/").status_code == 403
        assert status_of(order) == "placed"

    def test_of_a_form_of_another_organization_changes_nothing(
        self, session_of: SessionOf, bob: User, order: Order, globex: Organization
    ) -> None:
        form = {"_organization": "globex"}

        response = session_of(bob).post(f"{URL}{order.pk}/cancel/", form, format="multipart")

        assert response.status_code == 409
        assert status_of(order) == "placed"

    def test_needs_a_post(self, session_of: SessionOf, carol: User, order: Order) -> None:
        assert session_of(carol).get(f"{URL}{order.pk}/cancel/").status_code == 405

    def test_needs_a_csrf_token(self, session_of: SessionOf, bob: User, order: Order) -> None:
        response = session_of(bob, csrf=True).post(f"{URL}{order.pk}/cancel/")

        assert response.status_code == 403
        assert status_of(order) == "placed"


@pytest.mark.parametrize(("url", "number"), [("", 3), ("{order}/", 5), ("priced/", 3)])
def test_statements_do_not_grow_with_the_rows(
    session_of: SessionOf,
    place: Place,
    alice: User,
    order: Order,
    desk: Item,
    lamp: Item,
    url: str,
    number: int,
) -> None:
    client = session_of(alice)
    place(alice, desk)

    def cost(pk: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(URL + url.format(order=pk)).status_code == 200
        return len(statements(captured))

    assert cost(order.pk) == number
    for _ in range(5):
        place(alice, lamp)
    with tenant_context("acme"):
        long = order_place(user=alice, lines=[{"item": desk, "quantity": 1}] * 5)
    assert cost(long.pk) == number


def test_a_time_is_shown_in_words(session_of: SessionOf, bob: User, order: Order) -> None:
    place_at(order, timezone.now() - timedelta(minutes=4, seconds=5))

    assert "4 minutes ago" in text_of(session_of(bob).get(URL))
