"""Reads the mails that FileBackend wrote."""

from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.headerregistry import DateHeader
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings

NEWEST = 100


@dataclass(frozen=True)
class StoredMail:
    """A file of EMAIL_FILE_PATH.

    Attributes:
        name: the file's, without its ending.
        source: its content.
    """

    name: str
    source: str
    message: EmailMessage

    @property
    def sent_at(self) -> datetime | None:
        date = self.message["Date"]
        return date.datetime if isinstance(date, DateHeader) else None

    @property
    def text(self) -> str:
        return self._body("plain")

    @property
    def html(self) -> str:
        return self._body("html")

    def _body(self, kind: str) -> str:
        body = self.message.get_body((kind,))
        return str(body.get_content()) if body else ""


def stored_mails() -> list[StoredMail]:
    """Return the newest mails, the newest first."""
    folder = _folder()
    names = sorted((path.stem for path in folder.glob("*.eml")), reverse=True) if folder else []
    return [mail for name in names[:NEWEST] if (mail := stored_mail(name))]


def stored_mail(name: str) -> StoredMail | None:
    """Return a mail; None if there is none. The caller has checked that the name is a slug."""
    folder = _folder()
    try:
        content = (folder / f"{name}.eml").read_bytes() if folder else b""
    except FileNotFoundError:
        content = b""
    if not content:
        return None
    message = message_from_bytes(content, policy=policy.default)
    return StoredMail(name, content.decode(errors="replace"), message)


def _folder() -> Path | None:
    return Path(settings.EMAIL_FILE_PATH) if settings.EMAIL_FILE_PATH else None
