"""Staff in a browser: support sessions, and pages that are denied."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from .conftest import SignIn
from .server import Server


def enter(page: Page, schema_name: str, mode: str = "write", reason: str = "Ticket 7") -> None:
    page.goto(f"/admin/support/enter/{schema_name}/")
    page.get_by_label("Reason").fill(reason)
    page.get_by_label("Mode").select_option(mode)
    page.get_by_role("button", name="Enter").click()
    expect(page.get_by_role("region", name="Support session")).to_be_visible()


def test_an_operator_creates_an_organization_and_changes_its_data(sign_in: SignIn) -> None:
    page = sign_in("olga@staff.example")

    page.goto("/admin/tenantry_organizations/organization/add/")
    page.get_by_label("Schema name").fill("initech")
    page.locator("#id_name").fill("Initech")
    page.get_by_role("combobox", name="Owner").click()
    page.get_by_role("searchbox").fill("mia@")
    page.get_by_role("option", name="mia@example.com").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()

    page.goto(
        "/admin/tenantry_organizations/organization/?q=initech"
    )  # Other tests may fill the first page.
    page.get_by_role("link", name="initech", exact=True).click()
    page.get_by_role("link", name=re.compile("Enter$")).click()  # Its name starts with the icon's.
    page.get_by_label("Reason").fill("First items")
    page.get_by_label("Mode").select_option("write")
    page.get_by_role("button", name="Enter").click()
    expect(page.get_by_role("region", name="Support session")).to_contain_text("Initech")

    page.goto("/admin/tenantry_items/item/add/")
    page.get_by_label("SKU").fill("LAMP")
    page.get_by_label("Description").fill("Lamp")
    page.get_by_label("Price").fill("30.50")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()

    page.locator("[name=form-0-price]").fill("31.00")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("[name=form-0-price]")).to_have_value("31.00")

    page.get_by_role("button", name="Leave").click()
    expect(page.get_by_role("region", name="Support session")).to_have_count(0)
    page.goto("/admin/tenantry_items/item/")
    expect(page).to_have_url(re.compile("/admin/support/"))

    page.goto("/admin/tenantry_audit/auditentry/?q=initech")
    log = page.locator("#result_list")
    for action in ("Organization created", "Support entered", "Support changed", "Support left"):
        expect(log.get_by_text(action).first).to_be_visible()
    expect(log.get_by_text("First items").first).to_be_visible()


def test_two_tabs_cannot_write_into_the_wrong_organization(
    context: BrowserContext, sign_in: SignIn
) -> None:
    first = sign_in("olga@staff.example")
    enter(first, "client1")
    first.goto("/admin/tenantry_items/item/1/change/")
    second = context.new_page()
    enter(second, "client2")
    second.goto("/admin/tenantry_items/item/1/change/")

    first.get_by_label("Price").fill("1.00")
    first.get_by_role("button", name="Save", exact=True).click()

    expect(first.get_by_text("Nothing was saved.")).to_be_visible()
    first.get_by_role("link", name="Back to Client 1").click()
    first.get_by_label("Reason").fill("Ticket 7")
    first.get_by_role("button", name="Enter").click()
    expect(first).to_have_url(re.compile("/admin/tenantry_items/item/1/change/"))
    expect(first.get_by_text("5000.00")).to_be_visible()
    enter(second, "client2")
    second.goto("/admin/tenantry_items/item/1/change/")
    expect(second.get_by_label("Price")).to_have_value("1000.00")


def test_a_support_session_expires(sign_in: SignIn, server: Server) -> None:
    page = sign_in("olga@staff.example")
    enter(page, "client1")
    page.goto("/admin/tenantry_items/item/1/change/")
    server.run(
        "from django.utils import timezone;"
        "from shared_apps.staff.models import SupportSession;"
        "SupportSession.objects.update(expires_at=timezone.now())"
    )

    page.get_by_label("Price").fill("1.00")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_role("alert")).to_contain_text("Your support session has ended")


def test_support_can_only_read(sign_in: SignIn) -> None:
    page = sign_in("susan@staff.example")

    page.goto("/admin/support/?q=client")
    page.get_by_role("link", name="Client 1").click()
    expect(page.get_by_label("Mode").locator("option")).to_have_count(1)
    page.get_by_label("Reason").fill("A question")
    page.get_by_role("button", name="Enter").click()
    expect(page.get_by_role("region", name="Support session")).to_contain_text("read-only")

    page.goto("/admin/tenantry_items/item/")
    expect(page.get_by_role("cell", name="Tesla")).to_be_visible()
    expect(page.get_by_role("button", name="Save", exact=True)).to_have_count(0)
    page.goto("/admin/tenantry_orders/order/1/change/")
    expect(page.get_by_text("50000.00").first).to_be_visible()
    expect(page.get_by_role("button", name="Save", exact=True)).to_have_count(0)


@pytest.mark.parametrize(
    "path",
    [
        "/admin/tenantry_organizations/organization/",
        "/admin/tenantry_organizations/organization/add/",
        "/admin/support/",
        "/admin/support/enter/client1/",
        "/admin/tenantry_audit/auditentry/",
        "/admin/tenantry_users/user/",
    ],
)
def test_staff_without_a_group_are_denied(sign_in: SignIn, path: str) -> None:
    page = sign_in("stella@staff.example")

    response = page.goto(path)

    assert response is not None
    assert response.status == 403


def test_members_cannot_open_the_admin(sign_in: SignIn) -> None:
    page = sign_in("mia@example.com", goto="/api/me/")

    for path in ("/admin/", "/admin/tenantry_items/item/", "/admin/support/"):
        page.goto(path)
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        expect(page.get_by_text("you have no permission for that page")).to_be_visible()
