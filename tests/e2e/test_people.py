"""An owner invites a colleague, who joins, takes over and leaves. All of it without JavaScript."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from .mails import link_in_mail
from .seed import PASSWORD
from .server import Server

OWNER, PASSWORD_OF_OWNER = "h@gmail.com", "ovious_password1"
IVY = "ivy@example.com"


@pytest.fixture
def ivy(server: Server) -> str:
    """A person without an organization."""
    server.run(
        "from shared_apps.users.models import User;"
        f"User.objects.create_user('{IVY}', '{PASSWORD}', name='Ivy')"
    )
    return IVY


@pytest.fixture
def pages(browser: Browser, server: Server) -> Iterator[list[Page]]:
    """Pages of two browsers without JavaScript."""
    contexts = [
        browser.new_context(base_url=server.url, java_script_enabled=False) for _ in range(2)
    ]
    yield [context.new_page() for context in contexts]
    for context in contexts:
        context.close()


def sign_in(page: Page, email: str, password: str) -> None:
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_a_colleague_is_invited_joins_takes_over_and_leaves(
    pages: list[Page], server: Server, ivy: str
) -> None:
    owner, colleague = pages
    owner.goto("/members/")
    sign_in(owner, OWNER, PASSWORD_OF_OWNER)
    owner.get_by_label("Email").fill(ivy)
    owner.locator("form.invite").get_by_label("Role").select_option(label="Admin")
    owner.get_by_role("button", name="Invite", exact=True).click()
    expect(owner.get_by_text(f"We sent an invitation to {ivy}.")).to_be_visible()

    colleague.goto(link_in_mail(colleague, ivy))
    expect(colleague.get_by_text("rich_dude invites you")).to_be_visible()
    colleague.get_by_role("link", name="Sign in to accept").click()
    sign_in(colleague, ivy, PASSWORD)
    colleague.get_by_role("button", name="Accept the invitation").click()
    expect(colleague.get_by_text("Welcome to Client 1.")).to_be_visible()

    owner.goto("/members/")
    owner.get_by_label("Change Ivy").click()
    owner.locator("li", has_text="Ivy").get_by_role("button", name="Offer the ownership").click()
    expect(owner.get_by_text("We told Ivy")).to_be_visible()

    colleague.goto("/members/")
    colleague.get_by_role("button", name="Accept the ownership").click()
    expect(colleague.get_by_text("You are now an owner of Client 1.")).to_be_visible()

    # Back, so that other tests find the owner of the demo.
    colleague.get_by_label("Change rich_dude").click()
    former = colleague.locator("li", has_text="rich_dude")
    former.get_by_label("Role").select_option(label="Owner")
    former.get_by_role("button", name="Save").click()
    expect(colleague.get_by_text("rich_dude is now owner.")).to_be_visible()
    colleague.get_by_label("Change your membership").click()
    colleague.get_by_role("button", name="Leave Client 1").click()
    expect(colleague.get_by_text("You have left Client 1.")).to_be_visible()
    assert server.errors() == []
