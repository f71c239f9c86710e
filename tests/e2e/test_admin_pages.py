"""Every page of the admin has no error in console or log, and no serious violation of axe-core."""

import pytest
from playwright.sync_api import BrowserContext, FilePayload

from .seed import FAILED, PASSWORD, WAITING
from .server import Server
from .test_staff import enter
from .visitor import Visitor

PLATFORM = {
    "dashboard": "/admin/",
    "organizations": "/admin/tenantry_organizations/organization/",
    "organizations-by-size": "/admin/tenantry_organizations/organization/?o=-5",
    "organization": "/admin/tenantry_organizations/organization/1/change/",
    "organization-history": "/admin/tenantry_organizations/organization/1/history/",
    "memberships": "/admin/tenantry_organizations/membership/",
    "membership": "/admin/tenantry_organizations/membership/1/change/",
    "users": "/admin/tenantry_users/user/",
    "user": "/admin/tenantry_users/user/1/change/",
    "tokens": "/admin/tenantry_users/apitoken/",
    "tasks": "/admin/tenantry_jobs/job/",
    "tasks-failed": "/admin/tenantry_jobs/job/?status=failed",
    "tasks-none": "/admin/tenantry_jobs/job/?status=ready&organization=nobody",
    "task-failed": f"/admin/tenantry_jobs/job/{FAILED}/change/",
    "task-waiting": f"/admin/tenantry_jobs/job/{WAITING}/change/",
    "audit-log": "/admin/tenantry_audit/auditentry/",
    "audit-entry": "/admin/tenantry_audit/auditentry/1/change/",
    "support-sessions": "/admin/tenantry_staff/supportsession/",
    "choose": "/admin/support/",
    "enter": "/admin/support/enter/client1/",
    "password": "/admin/password_change/",
}
OPERATORS = {
    "organization-add": "/admin/tenantry_organizations/organization/add/",
    "membership-add": "/admin/tenantry_organizations/membership/add/",
    "user-add": "/admin/tenantry_users/user/add/",
}
ENTERED = {
    "entered": "/admin/",
    "items": "/admin/tenantry_items/item/",
    "item": "/admin/tenantry_items/item/1/change/",
    "item-history": "/admin/tenantry_items/item/1/history/",
    "items-export": "/admin/tenantry_items/item/export/",
    "orders": "/admin/tenantry_orders/order/",
    "order": "/admin/tenantry_orders/order/1/change/",
    "other-organization": "/admin/tenantry_items/item/client2_3A1/change/",
}
WRITERS = {
    "item-add": "/admin/tenantry_items/item/add/",
    "items-import": "/admin/tenantry_items/item/import/",
}
API_FOR_STAFF = {"error-403": "/api/items/"}


@pytest.fixture(scope="module", params=[10, 2000])
def organizations(request: pytest.FixtureRequest, server: Server) -> int:
    """The number of organizations."""
    number: int = request.param
    server.run(f"from tests.e2e.seed import create_organizations; create_organizations({number})")
    return number


def test_pages_of_the_admin(visitor: Visitor) -> None:
    visitor.sign_in("staff@example.com", "tenantry-demo")
    visitor.visit({**PLATFORM, **OPERATORS})
    page = visitor.page
    page.goto("/admin/tenantry_organizations/organization/?q=client1")
    page.locator("input[name=_selected_action]").check()
    page.locator("select[name=action]").select_option("suspend")
    page.locator("button[name=index]").click()
    page.get_by_text("Do you want to suspend").wait_for()
    visitor.name = "confirm"
    visitor.check()
    page.goto(PLATFORM["tasks"])
    page.locator("#changelist a", has_text="Filters").first.click()
    page.get_by_text("Apply Filters").wait_for()
    visitor.name = "tasks-filters"
    visitor.check()
    page.goto(PLATFORM["task-waiting"])
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("Do you want to cancel").wait_for()
    visitor.name = "confirm-cancel"
    visitor.check()
    enter(page, "client1")
    visitor.visit({**ENTERED, **WRITERS, **API_FOR_STAFF})
    for name, price in (("import-preview", "31"), ("import-errors", "-1")):
        page.goto("/admin/tenantry_items/item/import/")
        rows = f"sku,description,price,is_active\nLAMP,Lamp,{price},1\n"
        file: FilePayload = {"name": "items.csv", "mimeType": "text/csv", "buffer": rows.encode()}
        page.locator("input[name=import_file]").set_input_files(file)
        page.locator("select[name=format]").select_option("0")
        page.get_by_role("button", name="Submit").click()
        page.get_by_role("cell", name="Lamp").first.wait_for()
        visitor.name = name
        visitor.check()

    assert visitor.found() == []


@pytest.mark.parametrize(
    ("email", "password", "mode"),
    [
        ("staff@example.com", "tenantry-demo", "write"),
        ("olga@staff.example", PASSWORD, "write"),
        ("susan@staff.example", PASSWORD, "read"),
    ],
)
def test_every_page_of_the_admin_opens_without_an_error(
    context: BrowserContext,
    server: Server,
    organizations: int,
    email: str,
    password: str,
    mode: str,
) -> None:
    visitor = Visitor(context, server)
    writes = mode == "write"

    visitor.sign_in(email, password)
    visitor.visit({**PLATFORM, **(OPERATORS if writes else {})})
    enter(visitor.page, "client1", mode)
    visitor.visit({**ENTERED, **(WRITERS if writes else {})})

    assert visitor.found() == []
