"""Sends a mail through the queue, and opens mails at /dev/mail/."""

import re
import time

from playwright.sync_api import Page

from .server import Server


def send_mail(server: Server, to: str) -> None:
    server.run(f"from django.core.management import call_command as c; c('sendtestemail', '{to}')")


def open_mails(page: Page, *, to: str) -> None:
    """Open the list of mails, once the worker has sent one to the address."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        page.goto("/dev/mail/")
        if page.get_by_text(to).count():
            return
    raise AssertionError(f"No mail to {to}.")


def link_in_mail(page: Page, to: str) -> str:
    """Return the link of the invitation in a mail to the address."""
    open_mails(page, to=to)
    page.get_by_role("link", name=to).first.click()
    page.get_by_role("link", name="Text").click()
    (link,) = re.findall(r"http\S+/invitations/\S+", page.locator("pre.mail").inner_text())
    return str(link)
