"""/orders/new/: an order is placed with the total that the form showed, and once."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenant_apps.orders.models import Order
from tenantry.context import tenant_context
from tests.conftest import InThread

from .pages import NEW, change_item, fields_of, filled, orders, send, text_of


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

    def test_another_item_for_the_same_words_and_price_asks_first(
        self, browser: APIClient, desk: Item, acme: Organization
    ) -> None:
        fields = filled(browser, ("desk", 2)) | {"item-0": "acme"}
        change_item(desk, is_active=False)
        with tenant_context(acme):
            Item.objects.create(sku="DESK 2", description="Desk of acme", price=desk.price)

        asked = send(browser, fields)

        assert asked.status_code == 409
        assert "Desk of acme" in text_of(asked)
        assert orders() == []

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
        assert "This order was placed already." in text_of(browser.get(second["Location"]))
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
        assert send(browser, fields_of(response)).status_code == 302


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
