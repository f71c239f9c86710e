"""A browser (Debian's chromium) and a server that runs like `make run`."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.scratch import ROOT, scratch_database

from .seed import PASSWORD
from .server import Server
from .visitor import Visitor

CHROMIUM = "/usr/bin/chromium"
AXE = ROOT / ".data" / "axe"
AXE_VERSION = "4.14.1"
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}

SignIn = Callable[..., Page]


@contextmanager
def serve(database_url: str, mails: Path, **settings: str) -> Iterator[Server]:
    """Serve the database as `make run` does, with another folder of mails, and settings."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    kept = {k: v for k, v in os.environ.items() if k not in ("DEBUG", "DJANGO_SETTINGS_MODULE")}
    # Each test signs in, which would exceed the limit.
    unlimited = {"THROTTLE_SIGN_IN_ACCOUNT": "0", "THROTTLE_SIGN_IN_ADDRESS": "0"}
    own = {
        "DATABASE_URL": database_url,
        "PORT": str(port),
        "EMAIL_URL": mails.as_uri(),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    environment = {**kept, **unlimited, **own, **settings}
    with subprocess.Popen(
        [sys.executable, "-m", "dev.run"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        server = Server(f"http://127.0.0.1:{port}", process, environment)
        try:
            server.wait()
            yield server
        finally:
            process.terminate()
            server.log.join(timeout=10)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The service, with the users of `seed`."""
    mails = tmp_path_factory.mktemp("mails")
    with scratch_database("e2e") as url, serve(url, mails) as server:
        server.run("from tests.e2e.seed import create_users; create_users()")
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Chromium's sandbox does not work for root.
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser, server: Server) -> Iterator[BrowserContext]:
    """A new browser session."""
    context = browser.new_context(base_url=server.url)
    context.set_default_timeout(15_000)  # milliseconds
    yield context
    context.close()


@pytest.fixture
def sign_in(context: BrowserContext) -> SignIn:
    """Sign in on the sign-in page, and open a page."""

    def sign_in(email: str, goto: str = "/admin/", password: str = PASSWORD) -> Page:
        page = context.new_page()
        page.goto(f"/accounts/login/?next={goto}")
        page.get_by_label("Email").fill(email)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(f"**{goto}")
        return page

    return sign_in


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, which npm installs into an ignored folder."""
    file = AXE / "node_modules" / "axe-core" / "axe.min.js"
    if not file.exists():
        subprocess.run(
            ["npm", "install", "--silent", "--prefix", str(AXE), f"axe-core@{AXE_VERSION}"],
            check=True,
        )
    return file.read_text()


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=SIZES)
def size(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def visitor(
    browser: Browser, server: Server, axe: str, scheme: str, size: str
) -> Iterator[Visitor]:
    """A visitor in light or dark mode, with a desktop or a phone."""
    width, height = SIZES[size]
    with browser.new_context(
        base_url=server.url,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": height},
    ) as context:
        context.set_default_timeout(15_000)
        yield Visitor(context, server, axe=axe, folder=f"{scheme}-{size}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("e2e")
