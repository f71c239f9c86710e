"""People create an account and an organization, and look after both, without JavaScript."""

import re
import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.scratch import scratch_database

from .conftest import serve
from .server import Server
from .visitor import Visitor

PASSWORD, NEW = "a long enough password", "another long password"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The service, where every visitor may sign up."""
    mails = tmp_path_factory.mktemp("mails")
    more = {"SIGN_UP": "open", "THROTTLE_MAIL_ACCOUNT": "0", "THROTTLE_MAIL_ADDRESS": "0"}
    with scratch_database("accounts") as url, serve(url, mails, **more) as server:
        yield server


@pytest.fixture
def context(browser: Browser, server: Server) -> Iterator[BrowserContext]:
    """A browser without JavaScript."""
    with browser.new_context(base_url=server.url, java_script_enabled=False) as context:
        context.set_default_timeout(15_000)  # milliseconds
        yield context


def link_to(server: Server, address: str, subject: str, label: str = "") -> str:
    """Return the path of the first link, after a label, in a mail with this subject."""
    folder = Path(urlsplit(server.environment["EMAIL_URL"]).path)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for file in sorted(folder.glob("*.eml"), reverse=True):
            message = message_from_bytes(file.read_bytes(), policy=policy.default)
            if (message["To"], message["Subject"]) == (address, subject):
                body = message.get_body(("plain",))
                assert body
                text = str(body.get_content())
                found = re.compile(r"https?://\S+").search(text, text.index(label))
                assert found, text
                return urlsplit(found[0]).path
        time.sleep(0.1)
    raise AssertionError(f"No mail {subject!r} to {address}.")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def sign_up(page: Page, server: Server, email: str) -> None:
    page.goto("/accounts/signup/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Create account")
    expect(page.get_by_role("heading", name="Check your mail")).to_be_visible()
    page.goto(link_to(server, email, "Create your account"))
    press(page, "Create my account")


def sign_in(page: Page, email: str, password: str) -> None:
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    press(page, "Sign in")


def test_a_visitor_creates_an_account_and_an_organization(
    context: BrowserContext, server: Server
) -> None:
    page = context.new_page()
    page.goto("/")
    page.get_by_role("link", name="create an account").click()
    sign_up(page, server, "ada@example.com")

    expect(page.get_by_role("heading", name="Create an organization")).to_be_visible()
    page.get_by_label("Name of the organization").fill("Ada & Töchter")
    press(page, "Continue")
    expect(page.get_by_label("Short name")).to_have_value("ada_tochter")
    press(page, "Create organization")

    expect(page.get_by_text("is ready. You are its owner.")).to_be_visible()
    expect(page.get_by_role("heading", name="Ada & Töchter")).to_be_visible()
    assert server.errors() == []


def test_an_invited_person_creates_an_account_and_joins(
    context: BrowserContext, server: Server
) -> None:
    invite = "from django.core.management import call_command as call; call('invite', {}, {})"
    server.run(invite.format("'zoe@example.com'", "'--organization=client1'"))
    page = context.new_page()
    page.goto(link_to(server, "zoe@example.com", "Join Client 1"))

    page.get_by_role("link", name="Create an account").click()
    expect(page.get_by_text("You will sign in with zoe@example.com")).to_be_visible()
    page.get_by_label("Name").fill("Zoe")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Create account")
    press(page, "Accept the invitation")

    expect(page.get_by_text("Welcome to Client 1")).to_be_visible()
    expect(page.get_by_role("heading", name="Client 1")).to_be_visible()
    assert server.errors() == []


def test_a_forgotten_password_is_replaced(context: BrowserContext, server: Server) -> None:
    page = context.new_page()
    sign_up(page, server, "eve@example.com")
    page.goto("/")
    press(page, "Sign out")

    page.goto("/accounts/login/")
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("Email").fill("eve@example.com")
    press(page, "Send the link")
    page.goto(link_to(server, "eve@example.com", "Choose a new password"))
    page.get_by_label("New password").fill(NEW)
    press(page, "Save the password")
    expect(page.get_by_text("Your password was changed")).to_be_visible()
    sign_in(page, "eve@example.com", NEW)

    expect(page.get_by_role("link", name="eve@example.com")).to_be_visible()
    assert server.errors() == []


def test_a_person_changes_password_and_email_and_undoes_the_latter(
    context: BrowserContext, server: Server
) -> None:
    page = context.new_page()
    sign_up(page, server, "kim@example.com")
    page.goto("/me/")
    page.get_by_role("link", name="Change your password").click()
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password").fill(NEW)
    page.get_by_label("End my API tokens, too").check()
    press(page, "Change password")
    expect(page.get_by_text("Your password was changed")).to_be_visible()

    page.goto("/me/")
    page.get_by_role("link", name="Change your email").click()
    page.get_by_label("New email").fill("kim@new.example")
    page.get_by_label("Password").fill(NEW)
    press(page, "Send the link")
    page.goto(link_to(server, "kim@new.example", "Confirm your email"))
    press(page, "Confirm")
    expect(page.get_by_role("link", name="kim@new.example")).to_be_visible()

    undo = link_to(server, "kim@example.com", "Your email was changed", "Restore my email")
    page.goto(undo)
    press(page, "Restore my email")
    expect(page.get_by_text("Your email was restored")).to_be_visible()
    page.get_by_label("New password").fill(PASSWORD)
    press(page, "Save the password")
    sign_in(page, "kim@example.com", PASSWORD)
    expect(page.get_by_role("link", name="kim@example.com")).to_be_visible()
    assert server.errors() == []


def test_the_pages_are_accessible(visitor: Visitor, server: Server) -> None:
    page = visitor.page
    email = f"{'long' * 10}{time.monotonic_ns()}@example.com"

    def check(name: str) -> None:
        visitor.name = name
        visitor.check()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name

    visitor.visit(
        {
            "sign-in-or-up": "/accounts/login/",
            "sign-up": "/accounts/signup/",
            "sign-up-sent": "/accounts/signup/sent/",
            "reset": "/accounts/password/reset/",
            "reset-sent": "/accounts/password/reset/sent/",
        }
    )
    page.goto("/accounts/signup/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("Password").fill("password")
    press(page, "Create account")
    check("sign-up-error")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Create account")
    page.goto(link_to(server, email, "Create your account"))
    check("sign-up-confirm")
    press(page, "Create my account")
    check("organization-new")
    page.get_by_label("Name of the organization").fill("Lantern Hotels")
    press(page, "Continue")
    check("organization-new-named")
    visitor.visit({"password-change": "/accounts/password/change/", "email": "/accounts/email/"})
    page.goto("/accounts/password/reset/")
    page.get_by_label("Email").fill(email)
    press(page, "Send the link")
    page.goto(link_to(server, email, "Choose a new password"))
    check("reset-confirm")
    page.goto("/accounts/email/")
    page.get_by_label("New email").fill(f"new{email}")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Send the link")
    check("email-sent")
    page.goto(link_to(server, f"new{email}", "Confirm your email"))
    check("email-confirm")
    press(page, "Confirm")
    check("home-email-changed")
    page.goto(link_to(server, email, "Your email was changed", "Restore my email"))
    check("email-undo")

    assert visitor.found() == []
