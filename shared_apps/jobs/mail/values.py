"""The context of a mail, as JSON that reads the same in every language and time zone."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.timezone import is_naive

from shared_apps.core.sealing import Seal, SecretUnreadable

from .errors import MailFailed

_SEAL = Seal("shared_apps.jobs.mail.values")


def mail_values(context: Mapping[str, Any]) -> dict[str, Any]:
    """Return a context as JSON. A time becomes `2026-11-29 20:15 UTC`, a date `2026-11-29`.

    Raises:
        ValueError: a time has no zone.
    """
    return {name: _neutral(value) for name, value in context.items()}


def _neutral(value: Any) -> Any:
    match value:
        case datetime():
            if is_naive(value):
                raise ValueError(f"{value} has no time zone. Use timezone.now().")
            return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        case date():
            return value.isoformat()
        case Decimal() | UUID():
            return str(value)
        case Mapping():
            return mail_values(value)
        case list() | tuple():
            return [_neutral(each) for each in value]
    return value


def seal(secrets: Mapping[str, str]) -> dict[str, str]:
    """Encrypt values, because staff see the arguments of a task, and backups contain them."""
    return {name: _SEAL.encrypt(value) for name, value in secrets.items()}


def unseal(sealed: Mapping[str, str]) -> dict[str, str]:
    """Return the values that `seal` encrypted.

    Raises:
        MailFailed: SECRET_KEY was replaced, and the old key is not in SECRET_KEY_FALLBACKS.
    """
    try:
        return {name: _SEAL.decrypt(value) for name, value in sealed.items()}
    except SecretUnreadable:
        raise MailFailed(
            "A sealed value cannot be read: SECRET_KEY was replaced. Send this mail again from "
            "where it came, such as the list of invitations."
        ) from None
