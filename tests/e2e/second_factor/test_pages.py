"""Every page of the second factor has no error, and no serious violation of axe-core."""

from tests.e2e.conftest import SIZES
from tests.e2e.seed import PASSWORD
from tests.e2e.visitor import Visitor

from .steps import PAGES, add_device, code_of, confirm, press, sign_in, sign_out


def test_the_pages(visitor: Visitor, email: str, size: str) -> None:
    page = visitor.page
    add_device(page.context, page)
    visitor.visit({"sign-in": "/accounts/login/"})
    visitor.sign_in(email, PASSWORD)
    visitor.visit({"factor-none": PAGES, "factor-confirm": f"{PAGES}totp/activate/"})
    confirm(page)
    look(visitor, "factor-app")
    secret = page.locator(".key").inner_text()
    page.get_by_label("Code of the app").fill("000000")
    press(page, "Add app")
    look(visitor, "factor-app-wrong")
    page.get_by_label("Code of the app").fill(code_of(secret, steps=-1))
    press(page, "Add app")
    look(visitor, "factor-codes")
    visitor.visit({"factor-passkey": f"{PAGES}webauthn/add/"})
    page.get_by_label("Name").fill("Laptop of Ada")
    press(page, "Add passkey")
    page.get_by_text("Laptop of Ada").wait_for()  # The script sends the form later.
    look(visitor, "factor-all")
    for name in ("Rename", "Remove"):
        page.goto(PAGES)
        page.get_by_role("link", name=f"{name} Laptop of Ada").click()
        look(visitor, f"factor-{name.lower()}")
    visitor.visit(
        {
            "factor-app-remove": f"{PAGES}totp/deactivate/",
            "factor-codes-later": f"{PAGES}recovery-codes/",
            "factor-codes-new": f"{PAGES}recovery-codes/generate/",
            "factor-passkeys": f"{PAGES}webauthn/",
            "factor-confirm-password": "/accounts/reauthenticate/",
            "factor-confirm-code": f"{PAGES}reauthenticate/",
            "factor-confirm-passkey": f"{PAGES}webauthn/reauthenticate/",
        }
    )
    sign_out(page)
    sign_in(page, email)
    look(visitor, "factor-step")
    page.get_by_label("Code").fill(code_of(secret))
    press(page, "Sign in")
    look(visitor, "factor-trust")

    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    assert visitor.found() == []


def look(visitor: Visitor, name: str) -> None:
    """Check the page that is open."""
    visitor.page.wait_for_load_state()
    visitor.name = name
    visitor.check()
