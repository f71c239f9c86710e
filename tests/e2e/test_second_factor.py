"""The second factor in a browser: without JavaScript, except for passkeys."""

import base64
import hashlib
import hmac
import struct
import time
from collections.abc import Iterator
from itertools import count

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.scratch import scratch_database

from .conftest import serve
from .seed import PASSWORD
from .server import Server
from .test_pages import SIZES, Visitor, axe, scheme, size  # noqa: F401 (fixtures)

PAGES = "/accounts/2fa/"
INTERNAL = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
NUMBERS = count()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The service at http://localhost, where browsers have passkeys without TLS."""
    more = {"STAFF_SECOND_FACTOR": "true", "THROTTLE_SECOND_FACTOR": "0"}
    mails = tmp_path_factory.mktemp("mails")
    with scratch_database("factors") as url, serve(url, mails, **more) as server:
        server.url = server.url.replace("127.0.0.1", "localhost")
        yield server


@pytest.fixture
def email(server: Server) -> str:
    """A new user of client1."""
    email = f"ada{next(NUMBERS)}@example.com"
    server.run(
        "from shared_apps.organizations.models import Organization;"
        "from shared_apps.organizations.services import membership_create;"
        "from shared_apps.users.models import User;"
        f"ada = User.objects.create_user('{email}', '{PASSWORD}', name='Ada');"
        "client1 = Organization.objects.get(schema_name='client1');"
        "membership_create(user=ada, organization=client1, role='member')"
    )
    return email


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """A page without JavaScript."""
    with browser.new_context(base_url=server.url, java_script_enabled=False) as context:
        context.set_default_timeout(15_000)  # milliseconds
        yield context.new_page()


@pytest.fixture
def passkeys(browser: Browser, server: Server) -> Iterator[Page]:
    """A page of a browser with a device that confirms passkeys; errors of the console fail."""
    with browser.new_context(base_url=server.url) as context:
        context.set_default_timeout(15_000)
        page = context.new_page()
        errors: list[str] = []
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        add_device(context, page)
        yield page
        assert errors + server.errors() == []


@pytest.fixture
def visitor(
    browser: Browser,
    server: Server,
    axe: str,  # noqa: F811 (fixtures)
    scheme: str,  # noqa: F811
    size: str,  # noqa: F811
) -> Iterator[Visitor]:
    width, height = SIZES[size]
    with browser.new_context(
        base_url=server.url,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": height},
    ) as context:
        context.set_default_timeout(15_000)
        yield Visitor(context, server, axe=axe, folder=f"{scheme}-{size}")


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
    press(page, "Sign out")


def confirm(page: Page) -> None:
    """Enter the password again, which a change asks for."""
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Continue")


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


def heading(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", name=name, exact=True, level=1)).to_be_visible()


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


def test_the_pages(visitor: Visitor, email: str, size: str) -> None:  # noqa: F811
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
