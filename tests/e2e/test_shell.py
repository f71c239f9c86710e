"""The shell around members' pages: by keyboard, on a phone, with and without JavaScript."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from .conftest import SIZES, SignIn
from .seed import PASSWORD
from .server import Server
from .visitor import Visitor

MIA = "mia@example.com"


@pytest.fixture
def phone(browser: Browser, server: Server) -> Iterator[Page]:
    """A phone without JavaScript, on which Mia is signed in."""
    width, height = SIZES["phone"]
    with browser.new_context(
        base_url=server.url,
        java_script_enabled=False,
        viewport={"width": width, "height": height},
        has_touch=True,
    ) as context:
        context.set_default_timeout(15_000)  # milliseconds
        page = context.new_page()
        page.goto("/accounts/login/?next=/members/")
        page.get_by_label("Email").fill(MIA)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        yield page


def test_the_menu_of_a_phone_opens_without_javascript(phone: Page) -> None:
    home = phone.get_by_role("link", name="Home", exact=True)
    expect(home).to_be_hidden()

    phone.get_by_role("button", name="Menu").click()
    home.click()

    expect(phone.get_by_role("heading", name="Client 1", level=1)).to_be_visible()
    expect(home).to_be_hidden()


def test_the_switcher_leads_to_the_list_without_javascript(phone: Page) -> None:
    phone.get_by_role("button", name="Menu").click()
    phone.get_by_role("button", name="Client 1 (switch organization)").click()
    phone.get_by_role("link", name="Your organizations").click()
    phone.get_by_role("button", name="Switch to Client 2").click()

    expect(phone.get_by_role("heading", name="Client 2", level=1)).to_be_visible()


def test_the_switcher_lists_the_organizations_and_switches(sign_in: SignIn) -> None:
    page = sign_in(MIA, goto="/members/")

    page.get_by_role("button", name="Client 1 (switch organization)").click()
    page.get_by_role("button", name="Switch to Client 2").click()

    expect(page.get_by_role("heading", name="Client 2", level=1)).to_be_visible()


def test_a_session_that_has_ended_leads_to_the_sign_in_page(
    context: BrowserContext, sign_in: SignIn
) -> None:
    """htmx follows the redirect to the sign-in page, which is not a list of organizations."""
    page = sign_in(MIA, goto="/members/")
    context.clear_cookies(name="sessionid")

    page.get_by_role("button", name="Client 1 (switch organization)").click()

    expect(page.get_by_role("heading", name="Sign in", level=1)).to_be_visible()


def test_the_keyboard_skips_the_navigation(sign_in: SignIn) -> None:
    page = sign_in(MIA, goto="/members/")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")

    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_a_slash_goes_to_the_search_of_the_page(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/dev/design/")
    search = page.get_by_label("Search", exact=True).and_(page.get_by_role("searchbox"))

    page.keyboard.press("/")
    expect(search).to_be_focused()
    page.keyboard.type("a/b")

    expect(search).to_have_value("a/b")


def test_a_slash_is_typed_into_a_field(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/dev/design/")
    note = page.get_by_label("Note", exact=True)

    note.fill("")
    note.press("/")

    expect(note).to_have_value("/")


def test_pages_of_the_design_system_and_the_shell(visitor: Visitor, size: str) -> None:
    page = visitor.page
    visitor.visit({"design": "/dev/design/"})
    page.get_by_role("button", name="Cancel invoice 7").click()
    visitor.name = "design-dialog"
    visitor.check()
    visitor.sign_in("mia@example.com", PASSWORD)
    for name, url in {
        "home-member": "/",
        "second-factor-none": "/accounts/2fa/",
        "password-change": "/accounts/password/change/",
        "email-change": "/accounts/email/",
        "organization-member": "/organization/",
    }.items():
        visitor.visit({name: url})
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0], name
    if size == "phone":
        page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="switch organization").click()
    page.get_by_role("button", name="Switch to Client 2").wait_for()
    visitor.name = "switcher"
    visitor.check()

    assert visitor.found() == []
