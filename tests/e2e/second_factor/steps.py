"""What a person does on the pages of the second factor, and what their devices do."""

import base64
import hashlib
import hmac
import struct
import time

from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.seed import PASSWORD

PAGES = "/accounts/2fa/"
INTERNAL = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def add_device(context: BrowserContext, page: Page) -> None:
    """Chromium's virtual authenticator: https://chromedevtools.github.io/devtools-protocol/tot/WebAuthn."""
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": INTERNAL})


def code_of(secret: str, *, steps: int = 0) -> str:
    """Return what an app shows (RFC 6238)."""
    counter = struct.pack(">Q", int(time.time()) // 30 + steps)
    digest = hmac.digest(base64.b32decode(secret), counter, hashlib.sha1)
    offset = digest[-1] & 15
    (number,) = struct.unpack(">I", digest[offset : offset + 4])
    return f"{(number & 0x7FFFFFFF) % 10**6:06}"


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def sign_in(page: Page, email: str, goto: str = "/") -> None:
    page.goto(f"/accounts/login/?next={goto}")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Sign in")


def sign_out(page: Page) -> None:
    page.goto("/")
    menu = page.get_by_role("button", name="Menu")
    if menu.is_visible():  # On a phone.
        menu.click()
    press(page, "Sign out")


def confirm(page: Page) -> None:
    """Enter the password again, which a change asks for."""
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Continue")


def heading(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", name=name, exact=True, level=1)).to_be_visible()
