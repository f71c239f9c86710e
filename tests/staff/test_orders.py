"""Orders in the admin: shown with their lines, changed by the service of the API."""

from decimal import Decimal
from typing import Any

import pytest

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenant_apps.orders.models import Order
from tenant_apps.orders.services import Change, order_change, order_place
from tenantry.context import tenant_context

from .conftest import Browser, ItemIn

ORDERS = "/admin/tenantry_orders/order/"
NO_LINES = {"lines-TOTAL_FORMS": "0", "lines-INITIAL_FORMS": "0"}


def status(organization: Organization, order: Order) -> str:
    with tenant_context(organization):
        return Order.objects.get(pk=order.pk).status


def test_an_order_is_shown_with_its_lines_and_totals(browser: Browser, order: Order) -> None:
    page = browser.get(f"{ORDERS}{order.pk}/change/").content.decode()

    assert "Walnut desk" in page
    assert "250.00" in page
    assert "500.00" in page
    assert "bob@acme.example" in page


def test_an_order_of_a_key_has_key_in_place_of_the_user(
    browser: Browser, acme: Organization, desk: Item
) -> None:
    with tenant_context(acme):
        order = order_place(user=None, lines=[{"item": desk, "quantity": 1}])

    listed, shown = browser.get(ORDERS), browser.get(f"{ORDERS}{order.pk}/change/")

    assert '<td class="field-placed_by' in listed.text.replace("\n", "") or "key" in listed.text
    assert "key" in shown.text


@pytest.mark.parametrize(
    ("q", "found"),
    [("bob", True), ("BOB@ACME", True), ("walnut", True), ("DESK", True), ("oak", False)],
)
def test_the_search_finds_items_and_users(
    browser: Browser, order: Order, q: str, found: bool
) -> None:
    page = browser.get(ORDERS, {"q": q}).content.decode()

    assert (f"{ORDERS}{order.pk}/change/" in page) == found


def test_a_search_that_matches_several_lines_keeps_the_total(
    browser: Browser, acme: Organization, bob: User, desk: Item, item_in: ItemIn
) -> None:
    lamp = item_in(acme, sku="LAMP", description="Walnut lamp", price=Decimal(10))
    with tenant_context(acme):
        lines: Any = [{"item": desk, "quantity": 1}, {"item": lamp, "quantity": 1}]
        order_place(user=bob, lines=lines)

    page = browser.get(ORDERS, {"q": "walnut"})

    with tenant_context(acme):
        (found,) = page.context["cl"].result_list
    assert found.total == Decimal(260)


def test_orders_can_be_filtered_by_date(browser: Browser, order: Order) -> None:
    year, link = order.placed_at.year, f"{ORDERS}{order.pk}/"

    assert link not in browser.get(ORDERS, {"placed_at__year": year - 1}).content.decode()
    assert link in browser.get(ORDERS, {"placed_at__year": year}).content.decode()


def test_an_order_is_cancelled_on_its_page(
    browser: Browser, acme: Organization, order: Order
) -> None:
    data = {"status": "cancelled", **NO_LINES}

    response = browser.send(f"{ORDERS}{order.pk}/change/", data, acme)

    assert response.status_code == 302
    assert status(acme, order) == "cancelled"
    assert AuditEntry.objects.latest("pk").data["changes"][0]["what"] == "Changed Status."


def test_the_form_offers_only_allowed_changes_of_status(
    browser: Browser, acme: Organization, order: Order
) -> None:
    with tenant_context(acme):
        order_change(order=order, change=Change.CANCEL)

    page = browser.get(f"{ORDERS}{order.pk}/change/").content.decode()
    response = browser.send(f"{ORDERS}{order.pk}/change/", {"status": "placed", **NO_LINES}, acme)

    assert 'value="cancelled" selected' in page
    assert 'value="fulfilled"' not in page
    assert "not one of the available choices" in response.content.decode()
    assert status(acme, order) == "cancelled"


def test_an_error_of_the_service_is_a_message(
    browser: Browser, acme: Organization, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> Order:
        order_change(order=Order.objects.get(pk=order.pk), change=Change.CANCEL)
        return order_change(order=order, change=Change.FULFIL)

    monkeypatch.setattr("tenant_apps.orders.admin.order_change", fail)
    data = {"status": "fulfilled", **NO_LINES, "_organization": "acme"}

    response = browser.post(f"{ORDERS}{order.pk}/change/", data, follow=True)

    assert "Only a placed order can be fulfilled." in response.content.decode()
    assert "was changed successfully" not in response.content.decode()


def test_the_fulfil_action_changes_several_orders(
    browser: Browser, acme: Organization, order: Order, bob: User, desk: Item
) -> None:
    with tenant_context(acme):
        cancelled = order_place(user=bob, lines=[{"item": desk, "quantity": 1}])
        order_change(order=cancelled, change=Change.CANCEL)
    data = {
        "action": "fulfil",
        "_selected_action": [order.pk, cancelled.pk],
        "_organization": "acme",
    }

    page = browser.post(ORDERS, data, follow=True).content.decode()

    assert status(acme, order) == "fulfilled"
    assert status(acme, cancelled) == "cancelled"
    assert f"Order {order.pk} is fulfilled now." in page
    assert f"Order {cancelled.pk}: Only a placed order can be fulfilled." in page


def test_orders_cannot_be_added_or_deleted(
    browser: Browser, acme: Organization, order: Order
) -> None:
    assert browser.get(f"{ORDERS}add/").status_code == 403
    assert browser.send(f"{ORDERS}{order.pk}/delete/", {"post": "yes"}, acme).status_code == 403
