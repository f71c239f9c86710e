"""The authenticator app and recovery codes, without JavaScript."""

from playwright.sync_api import Page, expect

from tests.e2e.server import Server

from .steps import PAGES, code_of, confirm, heading, press, sign_in, sign_out


def add_app(page: Page) -> tuple[str, list[str]]:
    """Add an authenticator app; return its key and the recovery codes."""
    page.goto(PAGES)
    page.get_by_role("link", name="Add an app").click()
    confirm(page)
    secret = page.locator(".key").inner_text()
    page.get_by_label("Code of the app").fill(code_of(secret, steps=-1))
    press(page, "Add app")
    expect(page.get_by_role("status")).to_have_text("The authenticator app was added.")
    return secret, page.locator(".codes").inner_text().split()


def test_a_member_adds_an_app_and_signs_in_with_it(page: Page, email: str) -> None:
    sign_in(page, email)
    secret, codes = add_app(page)
    assert len(codes) == 10
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.path().read_text().split() == codes

    sign_out(page)
    sign_in(page, email)
    heading(page, "Second factor")
    page.get_by_label("Code").fill("000000")
    press(page, "Sign in")
    expect(page.get_by_text("This code is wrong")).to_be_visible()
    page.get_by_label("Code").fill(code_of(secret))
    press(page, "Sign in")
    heading(page, "Trust this browser?")
    press(page, "Trust this browser")
    heading(page, "Client 1")

    sign_out(page)
    sign_in(page, email)
    heading(page, "Client 1")


def test_a_member_without_a_phone_uses_a_recovery_code_and_creates_new_ones(
    page: Page, email: str
) -> None:
    sign_in(page, email)
    _secret, codes = add_app(page)
    sign_out(page)
    sign_in(page, email, goto=PAGES)
    page.get_by_label("Code").fill(codes[0])
    press(page, "Sign in")
    press(page, "Not now")

    expect(page.get_by_text("You have 9 left.")).to_be_visible()
    page.get_by_role("link", name="Create new codes").click()
    confirm(page)
    press(page, "Create new codes")
    assert not set(page.locator(".codes").inner_text().split()) & set(codes)
    page.get_by_role("link", name="I have saved them").click()
    page.get_by_role("link", name="Remove").click()
    press(page, "Remove app")
    expect(page.get_by_role("status")).to_have_text("The authenticator app was removed.")

    sign_out(page)
    sign_in(page, email)
    heading(page, "Client 1")


def test_staff_add_one_before_the_admin_opens(page: Page, server: Server) -> None:
    page.goto("/accounts/login/?next=/admin/")
    page.get_by_label("Email").fill("staff@example.com")
    page.get_by_label("Password").fill("tenantry-demo")
    press(page, "Sign in")
    heading(page, "Second factor")
    expect(page.get_by_text("The admin needs a second factor.")).to_be_visible()

    page.get_by_role("link", name="Add an app").click()
    page.get_by_label("Password").fill("tenantry-demo")
    press(page, "Continue")
    page.get_by_label("Code of the app").fill(code_of(page.locator(".key").inner_text()))
    press(page, "Add app")
    heading(page, "Recovery codes")
    page.goto("/admin/tenantry_users/user/")

    expect(page.locator("#result_list")).to_contain_text("staff@example.com")
