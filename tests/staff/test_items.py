"""Items in the admin: list editing, archiving, import and export, and the trace of it all."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.models import Organization
from shared_apps.tenancy.context import tenant_context
from shared_apps.users.models import User
from tenant_apps.items.models import Item

from .conftest import Browser, BrowserOf, ItemIn

ITEMS = "/admin/items/item/"


@pytest.fixture
def browser(browser_of: BrowserOf, olga: User, acme: Organization) -> Browser:
    browser = browser_of(olga)
    browser.enter(acme)
    return browser


def items(organization: Organization) -> list[tuple[Any, ...]]:
    with tenant_context(organization):
        return list(Item.objects.order_by("sku").values_list("sku", "price", "is_active"))


def upload(browser: Browser, organization: Organization, text: str) -> Any:
    file = SimpleUploadedFile("items.csv", text.encode())
    return browser.send(f"{ITEMS}import/", {"format": "0", "import_file": file}, organization)


def test_an_item_is_added(browser: Browser, acme: Organization) -> None:
    data = {"sku": "LAMP", "description": "Lamp", "price": "30.50", "is_active": "on"}

    assert browser.send(f"{ITEMS}add/", data, acme).status_code == 302

    assert items(acme) == [("LAMP", Decimal("30.50"), True)]


def test_a_taken_sku_is_an_error_on_the_form(
    browser: Browser, acme: Organization, desk: Item
) -> None:
    data = {"sku": "DESK", "description": "Other", "price": "1", "is_active": "on"}

    answer = browser.send(f"{ITEMS}add/", data, acme)

    assert "An item with this SKU already exists." in answer.content.decode()


def test_prices_and_activity_are_edited_in_the_list(
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


def test_items_are_archived_and_cannot_be_deleted(
    browser: Browser, acme: Organization, desk: Item
) -> None:
    data = {"action": "archive", "_selected_action": str(desk.pk)}

    browser.send(ITEMS, data, acme)
    deleting = browser.send(f"{ITEMS}{desk.pk}/delete/", {"post": "yes"}, acme)
    acting = browser.send(ITEMS, {**data, "action": "delete_selected", "post": "yes"}, acme)

    assert deleting.status_code == 403
    assert acting.status_code in (200, 302)
    assert items(acme) == [("DESK", Decimal(250), False)]


def test_an_import_is_shown_before_it_is_written(
    browser: Browser, acme: Organization, desk: Item
) -> None:
    text = "sku,description,price,is_active\nDESK,Walnut desk,270,1\nLAMP,Lamp,30,1\n"

    preview = upload(browser, acme, text)

    assert "LAMP" in preview.content.decode()
    assert items(acme) == [("DESK", Decimal(250), True)]

    confirmed = preview.context["confirm_form"].initial
    browser.send(f"{ITEMS}process_import/", confirmed, acme)

    assert items(acme) == [("DESK", Decimal(270), True), ("LAMP", Decimal(30), True)]
    assert LogEntry.objects.count() == 2
    audited = AuditEntry.objects.latest("pk")
    assert {change["row"] for change in audited.data["changes"]} == {"Walnut desk", "Lamp"}


def test_an_import_says_which_row_is_wrong_and_why(browser: Browser, acme: Organization) -> None:
    text = "sku,description,price,is_active\nLAMP,Lamp,-1,1\nDESK,Desk,1.999,1\nA,A,x,1\n"

    page = upload(browser, acme, text).content.decode()

    assert "Ensure this value is greater than or equal to 0" in page
    assert "Enter a number." in page
    assert "no more than 2 decimal places" in page
    assert "Confirm import" not in page
    assert items(acme) == []


def test_an_export_holds_this_organizations_items_alone(
    browser: Browser, acme: Organization, globex: Organization, desk: Item, item_in: ItemIn
) -> None:
    item_in(globex, sku="OAK", description="Oak desk")
    item_in(acme, sku="SUM", description="=1+1")

    answer = browser.send(f"{ITEMS}export/", {"format": "0"}, acme)

    rows = answer.content.decode().splitlines()
    assert rows == [
        "sku,description,price,is_active",
        "DESK,Walnut desk,250.00,1",
        "SUM,1+1,250.00,1",
    ]


def test_the_admin_log_and_the_audit_log_say_where_the_item_is(
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
            "model": "items.item",
            "key": str(desk.pk),
            "row": "Walnut desk",
            "what": "Changed Price.",
        }
    ]


def test_an_items_history_is_not_mixed_with_that_of_another_organizations(
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
