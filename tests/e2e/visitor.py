"""Opens pages and checks them. The screenshots go to .data/screenshots."""

import json

from playwright.sync_api import BrowserContext, ConsoleMessage, Page

from tests.scratch import ROOT

from .server import Server

SCREENSHOTS = ROOT / ".data" / "screenshots"
# Third-party code renders these pages.
THIRD_PARTY = {"api-docs"}
EXPECTED_STATUS = {
    "error-401": 401,
    "error-403": 403,
    "error-404": 404,
    "other-organization": 409,
    "invitation-not-yours": 403,
    "members-error": 409,
    "items-error": 400,
    "items-import-errors": 400,
    "item-conflict": 409,
}


class Visitor:
    """Opens pages and collects their errors.

    Args:
        axe: the source of axe-core; None to open pages without checks.
        folder: the folder of the screenshots.
    """

    def __init__(
        self, context: BrowserContext, server: Server, *, axe: str | None = None, folder: str = ""
    ) -> None:
        self.server, self.axe, self.folder = server, axe, SCREENSHOTS / folder
        self.errors_before = len(server.errors())
        self.name = ""
        self.problems: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.problems.append(f"{self.name}: {error}"))

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and self.name not in EXPECTED_STATUS:
            self.problems.append(f"{self.name}: console: {message.text}")

    def sign_in(self, email: str, password: str) -> None:
        self.page.goto("/accounts/login/")
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.page.wait_for_url("**/")

    def visit(self, pages: dict[str, str]) -> None:
        """Open each page and check it."""
        for name, url in pages.items():
            self.name = name
            response = self.page.goto(url)
            assert response is not None
            if response.status != EXPECTED_STATUS.get(name, 200):
                self.problems.append(f"{name}: status {response.status}")
            self.check()

    def check(self) -> None:
        """Take a screenshot, and run axe-core."""
        if self.axe is None:
            return
        if self.name in THIRD_PARTY:
            self.page.wait_for_load_state("networkidle")
        self.page.evaluate("document.fonts.ready")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=self.folder / f"{self.name}.png", full_page=True)
        if self.name in THIRD_PARTY:
            return
        self.page.evaluate(self.axe)
        found = self.page.evaluate("axe.run({resultTypes: ['violations']})")
        for violation in found["violations"]:
            if violation["impact"] in ("serious", "critical"):
                nodes = [node["html"][:160] for node in violation["nodes"]][:2]
                self.problems.append(f"{self.name}: {violation['id']}: {json.dumps(nodes)}")

    def found(self) -> list[str]:
        """Return all errors of the pages and of the server's log."""
        return self.problems + self.server.errors()[self.errors_before :]
