"""Every page has no error in console or log, and no serious violation of axe-core."""

from playwright.sync_api import expect

from .conftest import SIZES
from .mails import open_mails, send_mail
from .seed import INVITED, PASSWORD
from .server import Server
from .visitor import Visitor

PUBLIC = {
    "home": "/",
    "sign-in": "/accounts/login/",
    "error-401": "/api/items/",
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
