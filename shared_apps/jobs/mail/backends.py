"""Two more backends of Django's mail: a file for each mail, and none."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class FileBackend(BaseEmailBackend):
    """Writes each mail to a file of EMAIL_FILE_PATH that mail programs can open."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.EMAIL_FILE_PATH or "")
        folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            now = datetime.now(UTC)
            # Sorted by name is sorted by time.
            name = f"{now:%Y%m%d-%H%M%S-%f}-{secrets.token_hex(2)}"
            unfinished = folder / f"{name}.tmp"
            unfinished.write_bytes(message.message().as_bytes())
            unfinished.rename(folder / f"{name}.eml")
        return len(email_messages)


class NoBackend(BaseEmailBackend):
    """Without EMAIL_URL, the task of each mail fails and staff see why."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        raise ImproperlyConfigured(
            "EMAIL_URL is not set, so mail cannot be sent. Set it, then retry the task."
        )
