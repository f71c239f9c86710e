"""/orders/new/: lines, and the running total."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from shared_apps.organizations.models import Organization
from tenant_apps.items.models import Item
from tenant_apps.orders.serializers import MAX_LINES
from tenantry.context import tenant_context
from tests.conftest import statements

from .pages import NEW, change_item, fields_of, filled, orders, send, text_of


@pytest.fixture
def lamp(acme: Organization) -> Item:
    with tenant_context(acme):
        return Item.objects.create(sku="LAMP", description="Lamp of brass", price="19.90")


class TestTheTotal:
    def test_is_that_of_the_prices_now(self, browser: APIClient, desk: Item, lamp: Item) -> None:
        fields = fields_of(browser.get(NEW))
        fields |= {"item-0": "DESK", "quantity-0": "2", "item-1": "LAMP", "quantity-1": "3"}

        response = send(browser, fields, "update")

        assert response.status_code == 200
        assert "EUR 500.00" in text_of(response)
        assert "EUR 59.70" in text_of(response)
        assert "Total EUR 559.70" in text_of(response)
        assert orders() == []

    def test_has_all_digits(self, browser: APIClient, desk: Item) -> None:
        change_item(desk, price="9999999999.99")

        fields = filled(browser, *[("DESK", 2_147_483_647)] * 3)

        assert fields["seen"] == "EUR 64424509409935575490.59"
        assert send(browser, fields).status_code == 302
        assert browser.get("/api/orders/priced/").json()["grand_total"] == "64424509409935575490.59"

    def test_counts_only_lines_without_an_error(self, browser: APIClient, desk: Item) -> None:
        fields = filled(browser, ("DESK", 2), ("NOTHING", 1), ("DESK", 0))

        assert fields["seen"] == "EUR 500.00"


class TestLines:
    def test_are_added_and_removed(self, browser: APIClient) -> None:
        fields = filled(browser, ("DESK", 1), ("DESK", 2), ("DESK", 3))

        more = fields_of(send(browser, fields, "add"))
        fewer = fields_of(send(browser, more, "remove 1"))

        assert [more[f"quantity-{n}"] for n in range(4)] == ["1", "2", "3", "1"]
        assert [fewer[f"quantity-{n}"] for n in range(3)] == ["1", "3", "1"]
        assert "item-3" not in fewer
        assert orders() == []

    def test_at_least_one_stays(self, browser: APIClient) -> None:
        fields = fields_of(browser.get(NEW))
        for _ in range(4):
            fields = fields_of(send(browser, fields, "remove 0"))

        assert fields["item-0"] == ""

    def test_the_last_focus_is_where_to_type_next(self, browser: APIClient) -> None:
        page = send(browser, filled(browser, ("DESK", 1)), "add").text

        (focused,) = [tag for tag in page.split("<input")[1:] if "autofocus" in tag.split(">")[0]]
        assert 'name="item-3"' in focused

    def test_without_an_item_are_left_out(self, browser: APIClient) -> None:
        assert send(browser, filled(browser, ("", 1), ("DESK", 2))).status_code == 302
        assert orders() == [("Bob", [("DESK", 2, "500.00")])]

    @pytest.mark.parametrize("do", ["", "nothing", "remove x", "remove 99", "choose 0", "choose"])
    def test_an_unknown_button_changes_nothing(self, browser: APIClient, do: str) -> None:
        fields = filled(browser, ("DESK", 2))

        assert fields_of(send(browser, fields, do)) == fields
        assert orders() == []


class TestAnItem:
    def test_is_found_by_its_sku_or_by_words(self, browser: APIClient, lamp: Item) -> None:
        for typed in ("LAMP", "lamp", "brass lamp", "  LAMP "):
            assert filled(browser, (typed, 1))["item-0"] == "LAMP"

    def test_is_chosen_where_several_match(
        self, browser: APIClient, lamp: Item, acme: Organization
    ) -> None:
        with tenant_context(acme):
            Item.objects.create(sku="LAMP 2", description="Lamp of glass", price="30")
        fields = filled(browser, ("lamp of", 4))

        page = send(browser, fields, "update")
        assert "Several items match. Choose one." in text_of(page)
        assert 'value="choose 0 LAMP 2"' in page.text
        chosen = fields_of(send(browser, fields, "choose 0 LAMP 2"))

        assert chosen["item-0"] == "LAMP 2"
        assert chosen["seen"] == "EUR 120.00"

    def test_is_suggested_while_a_person_types(self, browser: APIClient, lamp: Item) -> None:
        first = browser.get(NEW).text.partition("<datalist")[2]
        typed = send(browser, {"item-0": "bra", "quantity-0": "1"}, "").text

        assert 'value="DESK"' in first
        assert 'value="LAMP"' in first
        assert 'value="LAMP"' in typed.partition("<datalist")[2]
        assert 'value="DESK"' not in typed.partition("<datalist")[2]

    def test_of_two_lines_is_searched_for_both(self, browser: APIClient, lamp: Item) -> None:
        fields = filled(browser, ("brass", 1), ("acme", 1))

        assert (fields["item-0"], fields["item-1"]) == ("LAMP", "DESK")

    @pytest.mark.parametrize("typed", ["chair", "%", "a\0b", "x" * 300])
    def test_that_is_unknown_is_an_error(self, browser: APIClient, typed: str) -> None:
        response = send(browser, filled(browser, ("DESK", 1)) | {"item-1": typed})

        assert response.status_code == 400
        assert "No item matches." in text_of(response)
        assert orders() == []

    def test_of_another_organization_is_unknown(
        self, browser: APIClient, globex_desk: Item
    ) -> None:
        with tenant_context("globex"):
            Item.objects.create(sku="SOFA", description="Sofa", price="1")

        assert "No item matches." in text_of(send(browser, filled(browser, ("SOFA", 1))))

    def test_that_is_archived_at_sending_is_an_error(self, browser: APIClient, desk: Item) -> None:
        fields = filled(browser, ("DESK", 1))
        change_item(desk, is_active=False)

        response = send(browser, fields)

        assert response.status_code == 400
        assert "This item is archived." in text_of(response)
        assert orders() == []


@pytest.mark.parametrize("quantity", ["0", "-1", "x", "1.5", "1_0", "2147483648", "9" * 5000])
def test_a_quantity_of_the_api_is_required(browser: APIClient, quantity: str) -> None:
    response = send(browser, filled(browser, ("DESK", 1)) | {"quantity-0": quantity})

    assert response.status_code == 400
    assert "Nothing was ordered yet." in text_of(response)
    assert orders() == []


def test_an_order_without_lines_is_not_placed(browser: APIClient) -> None:
    response = send(browser, filled(browser))

    assert response.status_code == 400
    assert "Add a line with an item." in text_of(response)


@pytest.mark.parametrize(("number", "status"), [(MAX_LINES, 302), (MAX_LINES + 1, 400)])
def test_an_order_has_at_most_as_many_lines_as_in_the_api(
    browser: APIClient, number: int, status: int
) -> None:
    response = send(browser, filled(browser, *[("DESK", 1)] * number))

    assert response.status_code == status
    assert len(orders()) == (1 if status == 302 else 0)


@pytest.mark.parametrize("lines", [1, 20])
def test_statements_do_not_grow_with_the_lines(
    browser: APIClient, acme: Organization, lines: int
) -> None:
    with tenant_context(acme):
        for n in range(lines):
            Item.objects.create(sku=f"S{n}X", description=f"Stool{n}end", price=n)
    # Every other one is found by words.
    typed = [(f"stool{n}end" if n % 2 else f"S{n}X", 1) for n in range(lines)]
    fields = filled(browser, *typed)
    as_typed = fields | {f"item-{n}": text for n, (text, _) in enumerate(typed)}

    def cost(request: Callable[[], Any]) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert request().status_code < 400
        return len(statements(captured))

    assert cost(lambda: browser.get(NEW)) == 3
    assert cost(lambda: send(browser, as_typed, "update")) == 4
    assert cost(lambda: send(browser, fields)) == 10
