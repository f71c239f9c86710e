"""Items in the admin: list editing, archiving and log entries."""

from decimal import Decimal
from typing import Any

from django.contrib.admin.models import LogEntry

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenantry.context import tenant_context

from .conftest import Browser, ItemIn

ITEMS = "/admin/tenantry_items/item/"


def items(organization: Organization) -> list[tuple[Any, ...]]:
    with tenant_context(organization):
        return list(Item.objects.order_by("sku").values_list("sku", "price", "is_active"))


def test_an_item_is_added(browser: Browser, acme: Organization) -> None:
    data = {"sku": "LAMP", "description": "Lamp", "price": "30.50", "is_active": "on"}

    assert browser.send(f"{ITEMS}add/", data, acme).status_code == 302

    assert items(acme) == [("LAMP", Decimal("30.50"), True)]


def test_a_used_sku_is_an_error_on_the_form(
    browser: Browser, acme: Organization, desk: Item
) -> None:
    data = {"sku": "DESK", "description": "Other", "price": "1", "is_active": "on"}

    response = browser.send(f"{ITEMS}add/", data, acme)

    assert "An item with this SKU already exists." in response.content.decode()


def test_price_and_is_active_can_be_edited_in_the_list(
    browser: Browser, acme: Organization, desk: Item
) -> None:
    data = {
        "form-TOTAL_FORMS": "1",
        "form-INITIAL_FORMS": "1",
        "form-0-id": str(desk.pk),
        "form-0-price": "199.99",
        "_save": "Save",
    }

    assert browser.send(ITEMS, data, acme).status_code == 302

    assert items(acme) == [("DESK", Decimal("199.99"), False)]


def test_items_can_be_archived_but_not_deleted(
    browser: Browser, acme: Organization, desk: Item
) -> None:
    data = {"action": "archive", "_selected_action": str(desk.pk)}

    browser.send(ITEMS, data, acme)
    deleting = browser.send(f"{ITEMS}{desk.pk}/delete/", {"post": "yes"}, acme)
    acting = browser.send(ITEMS, {**data, "action": "delete_selected", "post": "yes"}, acme)

    assert deleting.status_code == 403
    assert acting.status_code in (200, 302)
    assert items(acme) == [("DESK", Decimal(250), False)]


def test_a_message_is_shown_once(browser: Browser, acme: Organization, desk: Item) -> None:
    browser.send(ITEMS, {"action": "archive", "_selected_action": str(desk.pk)}, acme)

    pages = [browser.get(ITEMS).text, browser.get(ITEMS).text]

    assert ["The selected items are archived." in page for page in pages] == [True, False]


def test_the_admin_log_and_the_audit_log_name_the_organization(
    browser: Browser, acme: Organization, desk: Item, olga: User
) -> None:
    data = {"sku": "DESK", "description": "Walnut desk", "price": "260", "is_active": "on"}

    browser.send(f"{ITEMS}{desk.pk}/change/", data, acme)

    logged = LogEntry.objects.get()
    assert (logged.object_id, logged.object_repr) == (f"acme:{desk.pk}", "acme: Walnut desk")
    audited = AuditEntry.objects.latest("pk")
    assert (audited.action, audited.actor, audited.schema_name, audited.reason) == (
        "support.changed",
        olga.email,
        "acme",
        "Ticket 7",
    )
    assert audited.address == "127.0.0.1"
    assert audited.data["changes"] == [
        {
            "model": "tenantry_items.item",
            "key": str(desk.pk),
            "row": "Walnut desk",
            "what": "Changed Price.",
        }
    ]


def test_the_history_of_an_item_shows_no_other_organization(
    browser: Browser, acme: Organization, globex: Organization, desk: Item, item_in: ItemIn
) -> None:
    item_in(globex, pk=desk.pk, description="Oak desk")
    data = {"sku": "DESK", "description": "Walnut desk", "price": "260", "is_active": "on"}
    browser.send(f"{ITEMS}{desk.pk}/change/", data, acme)
    assert "Changed Price" in browser.get(f"{ITEMS}{desk.pk}/history/").content.decode()

    browser.enter(globex)

    page = browser.get(f"{ITEMS}{desk.pk}/history/").content.decode()
    assert "Oak desk" in page
    assert "Changed Price" not in page


def test_a_form_with_an_error_writes_nothing_into_the_audit_log(
    browser: Browser, acme: Organization, desk: Item
) -> None:
    before = AuditEntry.objects.count()

    browser.send(f"{ITEMS}{desk.pk}/change/", {"sku": "", "price": "x"}, acme)

    assert AuditEntry.objects.count() == before
