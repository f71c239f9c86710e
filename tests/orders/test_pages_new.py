"""/orders/new/: lines, the running total, and an order that is placed once."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenant_apps.orders.models import Order
from tenant_apps.orders.serializers import MAX_LINES
from tenantry.context import tenant_context
from tests.conftest import InThread, SessionOf, statements

from .pages import NEW, fields_of, filled, send, text_of


@pytest.fixture
def browser(session_of: SessionOf, bob: User, desk: Item) -> APIClient:
    """Bob, a member."""
    return session_of(bob)


@pytest.fixture
def lamp(acme: Organization) -> Item:
    with tenant_context(acme):
        return Item.objects.create(sku="LAMP", description="Lamp of brass", price="19.90")


def change_item(item: Item, **values: Any) -> None:
    with tenant_context("acme"):
        Item.objects.filter(pk=item.pk).update(**values)


def orders() -> list[tuple[str | None, list[tuple[str, int, str]]]]:
    """Return who ordered, and the lines, of all orders of acme."""
    with tenant_context("acme"):
        found = Order.objects.select_related("user").prefetch_related("lines__item").order_by("pk")
        return [
            (
                order.user.name if order.user else None,
                [(line.item.sku, line.quantity, str(line.total)) for line in order.lines.all()],
            )
            for order in found
        ]


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


class TestPlacing:
    def test_leads_to_the_order(self, browser: APIClient, lamp: Item) -> None:
        response = send(browser, filled(browser, ("DESK", 2), ("LAMP", 1)))

        page = browser.get(response["Location"])
        assert response.status_code == 302
        assert "is placed." in text_of(page)
        assert "Total EUR 519.90" in text_of(page)
        assert orders() == [("Bob", [("DESK", 2, "500.00"), ("LAMP", 1, "19.90")])]

    def test_a_total_that_was_not_shown_asks_first(self, browser: APIClient) -> None:
        fields = fields_of(browser.get(NEW)) | {"item-0": "DESK", "quantity-0": "2"}

        asked = send(browser, fields)

        assert asked.status_code == 409
        assert "Check the total, then place the order." in text_of(asked)
        assert "Total EUR 500.00" in text_of(asked)
        assert orders() == []
        assert send(browser, fields_of(asked)).status_code == 302

    def test_a_price_that_changed_asks_again(self, browser: APIClient, desk: Item) -> None:
        fields = filled(browser, ("DESK", 2))
        change_item(desk, price="260.00")

        asked = send(browser, fields)

        assert asked.status_code == 409
        assert "Prices have changed." in text_of(asked)
        assert "was EUR 250.00" in text_of(asked)
        assert "Total EUR 520.00" in text_of(asked)
        assert orders() == []
        assert send(browser, fields_of(asked)).status_code == 302
        assert orders() == [("Bob", [("DESK", 2, "520.00")])]

    def test_a_price_that_changes_during_the_request_asks_again(
        self, browser: APIClient, desk: Item, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The change commits after the page has read the item, and before it writes the lines."""
        fields = filled(browser, ("DESK", 2))
        create = Order.objects.create

        def create_late(**values: Any) -> Order:
            change_item(desk, price="1.00")
            return create(**values)

        monkeypatch.setattr(Order.objects, "create", create_late)

        assert send(browser, fields).status_code == 409
        assert orders() == []

    def test_another_currency_asks_again(
        self, browser: APIClient, acme: Organization, desk: Item
    ) -> None:
        fields = filled(browser, ("DESK", 2))
        Organization.objects.filter(pk=acme.pk).update(currency="USD")

        asked = send(browser, fields)

        assert asked.status_code == 409
        assert "Total USD 500.00" in text_of(asked)

    @pytest.mark.parametrize("seen", ["", "EUR", "EUR 500", "500.00", "EUR 5e2", "EUR 1.00"])
    def test_a_changed_total_in_the_form_asks_again(self, browser: APIClient, seen: str) -> None:
        response = send(browser, filled(browser, ("DESK", 2)) | {"seen": seen})

        assert response.status_code == 409
        assert orders() == []

    def test_a_form_of_another_organization_writes_nothing(
        self, browser: APIClient, globex: Organization
    ) -> None:
        fields = filled(browser, ("DESK", 2)) | {"_organization": "globex"}

        assert send(browser, fields).status_code == 409
        assert orders() == []


class TestSentTwice:
    def test_one_order_is_placed(self, browser: APIClient) -> None:
        fields = filled(browser, ("DESK", 2))

        first, second = send(browser, fields), send(browser, fields)

        assert first.status_code == second.status_code == 302
        assert first["Location"] == second["Location"]
        assert len(orders()) == 1

    def test_the_second_leads_to_the_order_whatever_has_changed(
        self, browser: APIClient, desk: Item
    ) -> None:
        fields = filled(browser, ("DESK", 2))
        first = send(browser, fields)
        change_item(desk, price="1.00", is_active=False)

        assert send(browser, fields)["Location"] == first["Location"]
        assert len(orders()) == 1

    def test_with_other_lines_asks_first(self, browser: APIClient) -> None:
        """The person went back in the browser."""
        fields = filled(browser, ("DESK", 2))
        send(browser, fields)

        asked = send(browser, fields | {"quantity-0": "3"})

        assert asked.status_code == 409
        assert "You have placed an order with this form already." in text_of(asked)
        assert len(orders()) == 1
        assert send(browser, fields_of(asked)).status_code == 302
        assert len(orders()) == 2

    def test_a_corrected_form_keeps_its_key(self, browser: APIClient) -> None:
        fields = filled(browser, ("DESK", 0))
        rejected = fields_of(send(browser, fields))

        assert rejected["key"] == fields["key"]
        corrected = fields_of(send(browser, rejected | {"quantity-0": "1"}))
        assert send(browser, corrected).status_code == 302

    def test_two_forms_place_two_orders(self, browser: APIClient) -> None:
        for _ in range(2):
            send(browser, filled(browser, ("DESK", 2)))

        assert len(orders()) == 2

    @pytest.mark.parametrize("key", ["", "a b", "k" * 256])
    def test_an_invalid_key_is_rejected(self, browser: APIClient, key: str) -> None:
        response = send(browser, filled(browser, ("DESK", 2)) | {"key": key})

        assert response.status_code == 400
        assert orders() == []


@pytest.fixture
def racer(in_thread: InThread, committed_organization: Organization) -> Callable[[], Any]:
    """Return a function that sends the same form, for use in threads."""

    def prepare() -> tuple[APIClient, dict[str, str]]:
        with tenant_context(committed_organization):
            Item.objects.create(sku="DESK", description="Desk", price=1)
        client = APIClient(raise_request_exception=False)
        client.force_login(User.objects.get(organization=committed_organization))
        return client, filled(client, ("DESK", 1))

    client, fields = in_thread(prepare).result()
    return lambda: send(client, fields)


def test_four_concurrent_forms_place_one_order(
    in_thread: InThread, committed_organization: Organization, racer: Callable[[], Any]
) -> None:
    responses = [each.result() for each in [in_thread(racer) for _ in range(4)]]

    def placed() -> int:
        with tenant_context(committed_organization):
            return Order.objects.count()

    assert {response.status_code for response in responses} == {302}
    assert len({response["Location"] for response in responses}) == 1
    assert in_thread(placed).result() == 1


@pytest.mark.parametrize("lines", [1, 20])
def test_statements_do_not_grow_with_the_lines(browser: APIClient, lines: int) -> None:
    fields = filled(browser, *[("DESK", 1)] * lines)

    def cost(request: Callable[[], Any]) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert request().status_code < 400
        return len(statements(captured))

    assert cost(lambda: browser.get(NEW)) == 3
    assert cost(lambda: send(browser, fields, "update")) == 4
    assert cost(lambda: send(browser, fields)) < 15
