"""Reads the mails of accounts."""

import re
from typing import Any

from django.conf import settings
from django.core import mail

from shared_apps.testing.jobs import run_jobs


def sent() -> list[Any]:
    """Run the tasks, and return the mails that they sent, the oldest first."""
    mail.outbox.clear()
    while run_jobs():  # A task can enqueue a mail.
        pass
    return list(mail.outbox)


def link_in(message: Any, label: str = "") -> str:
    """Return the path of the link with this label; by default of the first link."""
    link = rf"{re.escape(label)}.*?{re.escape(settings.PUBLIC_URL)}(/\S+)"
    found = re.search(link, str(message.body))
    assert found, message.body
    return found[1]
