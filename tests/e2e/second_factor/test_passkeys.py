"""Passkeys, on a virtual authenticator."""

from playwright.sync_api import Page, expect

from .steps import PAGES, confirm, heading, press, sign_in, sign_out


def test_a_passkey_signs_in_without_the_password(passkeys: Page, email: str) -> None:
    page = passkeys
    sign_in(page, email)
    add_passkey(page)

    sign_out(page)
    page.goto(f"/accounts/login/?next={PAGES}")
    press(page, "Sign in with a passkey")
    heading(page, "Second factor")
    expect(page.get_by_text("last used")).to_be_visible()

    page.get_by_role("link", name="Rename Laptop").click()
    confirm(page)
    page.get_by_label("Name").fill("Old laptop")
    press(page, "Save")
    page.get_by_role("link", name="Remove Old laptop").click()
    press(page, "Remove passkey")
    expect(page.get_by_role("status")).to_have_text("The passkey was removed.")


def add_passkey(page: Page) -> None:
    page.goto(PAGES)
    page.get_by_role("link", name="Add a passkey").click()
    confirm(page)
    page.get_by_label("Name").fill("Laptop")
    press(page, "Add passkey")
    heading(page, "Recovery codes")


def test_a_passkey_is_the_second_step_after_the_password(passkeys: Page, email: str) -> None:
    page = passkeys
    sign_in(page, email)
    add_passkey(page)
    sign_out(page)

    sign_in(page, email)
    press(page, "Use a passkey")
    press(page, "Not now")
    heading(page, "Client 1")


def test_a_passkey_confirms_a_change(passkeys: Page, email: str) -> None:
    page = passkeys
    sign_in(page, email)
    add_passkey(page)
    sign_out(page)
    page.goto("/accounts/login/")
    press(page, "Sign in with a passkey")
    heading(page, "Client 1")

    page.goto(f"{PAGES}recovery-codes/generate/")
    page.get_by_role("link", name="A passkey").click()
    press(page, "Use a passkey")
    heading(page, "Create new recovery codes")


def test_a_passkey_that_is_not_confirmed_is_an_error_on_the_page(
    passkeys: Page, email: str
) -> None:
    """The device has no passkey of this service."""
    passkeys.goto("/accounts/login/")
    press(passkeys, "Sign in with a passkey")

    expect(passkeys.get_by_role("alert")).to_have_text("Nothing was confirmed. Try again.")
