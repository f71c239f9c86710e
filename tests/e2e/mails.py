"""Sends a mail through the queue, and opens it at /dev/mail/."""

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
