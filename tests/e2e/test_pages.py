"""Every page has no error in console or log, and no serious violation of axe-core.

The screenshots go to .data/screenshots.
"""

import json
import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, FilePayload, Page, expect

from tests.scratch import ROOT

from .mails import open_mails, send_mail
from .seed import FAILED, INVITED, PASSWORD, WAITING
from .server import Server
from .test_staff import enter

SCREENSHOTS = ROOT / ".data" / "screenshots"
AXE = ROOT / ".data" / "axe"
AXE_VERSION = "4.14.1"

PUBLIC = {
    "home": "/",
    "sign-in": "/accounts/login/",
    "error-401": "/api/items/",
}
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
API = {
    "api-root": "/api/",
    "api-items": "/api/items/",
    "api-orders": "/api/orders/",
    "api-order": "/api/orders/1/",
    "api-me": "/api/me/",
    "error-404": "/api/nothing-here/",
    "api-docs": "/api/docs/",
}
# Third-party code renders these pages.
THIRD_PARTY = {"api-docs"}
API_FOR_STAFF = {"error-403": "/api/items/"}
EXPECTED_STATUS = {
    "error-401": 401,
    "error-403": 403,
    "error-404": 404,
    "other-organization": 409,
    "invitation-not-yours": 403,
    "members-error": 409,
}

SIZES = {"desktop": (1280, 900), "phone": (390, 844)}


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, which npm installs into an ignored folder."""
    file = AXE / "node_modules" / "axe-core" / "axe.min.js"
    if not file.exists():
        subprocess.run(
            ["npm", "install", "--silent", "--prefix", str(AXE), f"axe-core@{AXE_VERSION}"],
            check=True,
        )
    return file.read_text()


@pytest.fixture(scope="module", params=[10, 2000])
def organizations(request: pytest.FixtureRequest, server: Server) -> int:
    """The number of organizations."""
    number: int = request.param
    server.run(f"from tests.e2e.seed import create_organizations; create_organizations({number})")
    return number


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=SIZES)
def size(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Visitor:
    """Opens pages and collects their errors.

    Args:
        axe: the source of axe-core; None to open pages without checks.
        folder: the folder of the screenshots.
    """

    def __init__(
        self, context: BrowserContext, server: Server, *, axe: str | None = None, folder: str = ""
    ) -> None:
        self.server, self.axe, self.folder = server, axe, SCREENSHOTS / folder
        self.errors_before = len(server.errors())
        self.name = ""
        self.problems: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.problems.append(f"{self.name}: {error}"))

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and self.name not in EXPECTED_STATUS:
            self.problems.append(f"{self.name}: console: {message.text}")

    def sign_in(self, email: str, password: str) -> None:
        self.page.goto("/accounts/login/")
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.page.wait_for_url("**/")

    def visit(self, pages: dict[str, str]) -> None:
        """Open each page and check it."""
        for name, url in pages.items():
            self.name = name
            response = self.page.goto(url)
            assert response is not None
            if response.status != EXPECTED_STATUS.get(name, 200):
                self.problems.append(f"{name}: status {response.status}")
            self.check()

    def check(self) -> None:
        """Take a screenshot, and run axe-core."""
        if self.axe is None:
            return
        if self.name in THIRD_PARTY:
            self.page.wait_for_load_state("networkidle")
        self.page.evaluate("document.fonts.ready")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=self.folder / f"{self.name}.png", full_page=True)
        if self.name in THIRD_PARTY:
            return
        self.page.evaluate(self.axe)
        found = self.page.evaluate("axe.run({resultTypes: ['violations']})")
        for violation in found["violations"]:
            if violation["impact"] in ("serious", "critical"):
                nodes = [node["html"][:160] for node in violation["nodes"]][:2]
                self.problems.append(f"{self.name}: {violation['id']}: {json.dumps(nodes)}")

    def found(self) -> list[str]:
        """Return all errors of the pages and of the server's log."""
        return self.problems + self.server.errors()[self.errors_before :]


@pytest.fixture
def visitor(
    browser: Browser, server: Server, axe: str, scheme: str, size: str
) -> Iterator[Visitor]:
    """A visitor in light or dark mode, with a desktop or a phone."""
    width, height = SIZES[size]
    context = browser.new_context(
        base_url=server.url,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": height},
    )
    yield Visitor(context, server, axe=axe, folder=f"{scheme}-{size}")
    context.close()


def test_pages_of_visitors_and_members(visitor: Visitor) -> None:
    visitor.visit(PUBLIC)
    visitor.sign_in("h@gmail.com", "ovious_password1")
    visitor.visit(API)

    assert visitor.found() == []


def test_pages_of_people(visitor: Visitor, server: Server, size: str) -> None:
    """The owner of a demo organization with members, invitations, and an offer."""
    server.run("from tests.e2e.seed import create_people; create_people()")
    page = visitor.page
    visitor.visit({"invitation": f"/invitations/{INVITED}/"})
    visitor.sign_in("h@gmail.com", "ovious_password1")
    visitor.visit({"members": "/members/", "invitation-not-yours": f"/invitations/{INVITED}/"})
    page.goto("/members/")
    page.get_by_label("Change Mia").click()
    visitor.name = "members-change"
    visitor.check()
    visitor.name = "members-error"
    page.get_by_label("Email").fill("mia@example.com")
    page.get_by_role("button", name="Invite", exact=True).click()
    page.get_by_text("is already a member").wait_for()
    visitor.check()
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    page.context.clear_cookies()
    visitor.sign_in("mia@example.com", PASSWORD)
    visitor.visit({"members-offer": "/members/"})
    page.context.clear_cookies()
    visitor.sign_in("noah@example.com", PASSWORD)
    visitor.visit({"invitation-accept": f"/invitations/{INVITED}/"})

    assert visitor.found() == []


def test_pages_of_an_account_and_an_organization(visitor: Visitor, size: str) -> None:
    """An owner makes a token and a key, and reads the audit log."""
    page = visitor.page
    visitor.sign_in("h@gmail.com", "ovious_password1")
    visitor.visit({"me": "/me/", "organization": "/organization/"})
    for url, button, name in (
        ("/me/", "Make token", "me-token"),
        ("/organization/", "Make key", "organization-key"),
    ):
        page.goto(url)
        form = page.locator("form", has=page.get_by_role("button", name=button))
        form.get_by_label("Name").fill("Report")
        form.get_by_label("read", exact=True).check()
        page.get_by_role("button", name=button).click()
        page.get_by_text("no page shows it again").wait_for()
        visitor.name = name
        visitor.check()
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    page.goto("/organization/")
    page.locator("summary").first.click()
    visitor.name = "organization-key-change"
    visitor.check()
    visitor.visit({"organization-audit": "/organization/audit/"})

    assert visitor.found() == []


def test_pages_of_mails(visitor: Visitor, server: Server, size: str, scheme: str) -> None:
    page, to = visitor.page, f"ada-{size}-{scheme}@example.com"
    send_mail(server, to)
    open_mails(page, to=to)
    visitor.name = "mails"
    visitor.check()
    page.get_by_role("link", name=to).click()
    shown = page.frame_locator("iframe.mail").get_by_role("heading", name="Mail works")
    expect(shown).to_be_visible()
    visitor.name = "mail-html"
    visitor.check()
    html = page.locator("iframe.mail").get_attribute("srcdoc")
    for name in ("Text", "Source"):
        page.get_by_role("link", name=name).click()
        expect(page.locator("pre.mail")).to_contain_text("This is a test.")
        visitor.name = f"mail-{name.lower()}"
        visitor.check()
    # The mail itself, as a mail program shows it.
    page.set_content(str(html))
    visitor.name = "mail"
    visitor.check()

    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    assert visitor.found() == []


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
