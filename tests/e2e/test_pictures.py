"""Takes the pictures of README and docs: see CONTRIBUTING.md."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from tests.scratch import ROOT, scratch_database

from .conftest import SignIn, serve
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
