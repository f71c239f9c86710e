"""Separates temporary errors of a mail server from permanent ones."""

import smtplib
from http import HTTPStatus
from typing import Any

from django.conf import settings

from .errors import MailDelayed, MailFailed

_LONGEST = 1000  # characters of an error
_PERMANENT_REPLY = 500
_TRY_AGAIN = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)


def explained(error: Exception) -> Exception:
    """Return the error that the task raises: the same one, if it is not the server's."""
    from anymail.exceptions import AnymailError  # noqa: PLC0415 (slow, and seldom needed)

    match error:
        case AnymailError():
            return _of_provider(error)
        case smtplib.SMTPException():
            return _of_smtp(error)
        case OSError():
            return MailDelayed(_from_server(str(error) or type(error).__name__))
    return error


def _of_smtp(error: smtplib.SMTPException) -> Exception:
    """Return the error for a reply of SMTP: 4xx is temporary, 5xx permanent."""
    match error:
        case smtplib.SMTPResponseException():
            code, text = error.smtp_code, error.smtp_error
        case smtplib.SMTPRecipientsRefused():
            code, text = next(iter(error.recipients.values()))
        case smtplib.SMTPServerDisconnected():
            return MailDelayed(_from_server(error))
        case _:  # The server has no TLS, or no sign-in.
            return MailFailed(_from_server(error))
    shown = text if isinstance(text, str) else text.decode(errors="replace")
    kind = MailFailed if code >= _PERMANENT_REPLY else MailDelayed
    return kind(_from_server(f"{code} {shown}"))


def _of_provider(error: Any) -> Exception:
    """Return the error for a provider with an API: HTTP's 5xx is temporary, 4xx permanent."""
    from anymail.exceptions import AnymailAPIError  # noqa: PLC0415 (as above)

    if not isinstance(error, AnymailAPIError):  # Such as a recipient that the response rejects.
        return MailFailed(_from_server(f"{error} {getattr(error.response, 'text', '')}"))
    status = error.status_code
    is_temporary = (
        status is None or status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _TRY_AGAIN
    )
    return (MailDelayed if is_temporary else MailFailed)(_from_server(error))


def _from_server(what: object) -> str:
    """Return one line with the name of the server or provider, and what it replied."""
    server = settings.EMAIL_HOST or settings.EMAIL_BACKEND.split(".")[-2]
    return " ".join(f"{server}: {what}".split())[:_LONGEST]
