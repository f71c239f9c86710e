"""Takes the pictures of README and docs: see CONTRIBUTING.md."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from tests.scratch import ROOT, scratch_database

from .conftest import SignIn, serve
from .mails import link_in_mail
from .server import Server

FOLDER = ROOT / ".data" / "screenshots" / "readme"
SIZE: ViewportSize = {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The service with organizations of several sizes and ages."""
    mails = tmp_path_factory.mktemp("mails")
    with scratch_database("pictures") as url, serve(url, mails) as server:
        server.run("from tests.e2e.showroom import showroom; showroom()")
        yield server


@pytest.fixture
def context(browser: Browser, server: Server) -> Iterator[BrowserContext]:
    with browser.new_context(base_url=server.url, color_scheme="light", viewport=SIZE) as context:
        yield context


def picture(page: Page, name: str) -> None:
    page.evaluate("document.fonts.ready")
    page.screenshot(path=FOLDER / f"{name}.png", animations="disabled")


def test_the_pictures_of_the_readme_are_taken(sign_in: SignIn, server: Server) -> None:
    page = sign_in("staff@example.com", password="tenantry-demo")
    picture(page, "dashboard")
    page.goto("/admin/tenantry_organizations/organization/?o=-5")
    page.get_by_role("link", name="lantern_hotels", exact=True).click()
    page.get_by_text("No known problems").wait_for()
    picture(page, "organization")

    assert server.errors() == []


def test_the_picture_of_the_second_factor_is_taken(sign_in: SignIn, server: Server) -> None:
    page = sign_in("h@gmail.com", goto="/accounts/2fa/", password="ovious_password1")
    server.run("from tests.e2e.showroom import second_factor; second_factor()")
    page.set_viewport_size({"width": 860, "height": 930})
    page.reload()
    picture(page, "second-factor")

    assert server.errors() == []


def test_the_pictures_of_people_are_taken(
    sign_in: SignIn, browser: Browser, server: Server
) -> None:
    server.run("from tests.e2e.showroom import owner; owner()")
    page = sign_in("maya.lindqvist@harbour-bakery.example", goto="/members/")
    page.get_by_label("Email").fill("noah@example.com")
    page.get_by_role("button", name="Invite", exact=True).click()
    page.get_by_text("We sent an invitation to noah@example.com.").wait_for()
    page.goto("/members/")
    picture(page, "members")
    for url, button, name, scope, shown in (
        ("/me/", "Make token", "Monthly report", "read", "your-account"),
        ("/organization/", "Make key", "Web shop", "orders:write", "your-organization"),
    ):
        page.goto(url)
        form = page.locator("form", has=page.get_by_role("button", name=button))
        form.get_by_label("Name").fill(name)
        form.get_by_label(scope, exact=True).check()
        form.get_by_role("button", name=button).click()
        page.get_by_text("no page shows it again").wait_for()
        page.goto(url)
        picture(page, shown)
    with browser.new_context(base_url=server.url, viewport={"width": 860, "height": 560}) as other:
        invited = other.new_page()
        invited.goto(link_in_mail(invited, "noah@example.com"))
        picture(invited, "invitation")

    assert server.errors() == []
