"""Log records say in which request they were made, and by whom.

Each request has a name, which the answer carries in the header X-Request-ID. A record says for
which organization it was made by `tenancy.logs`.
"""

import json
import logging
import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from django.core.signals import request_finished
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_current: ContextVar[HttpRequest | None] = ContextVar("logged_request", default=None)


class RequestIDMiddleware:
    """Takes the caller's request id over when it is a plain word, else makes one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _ACCEPTABLE.fullmatch(given) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        _current.set(request)
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


# Not when the middleware is left: Django logs refusals, and streams answers, after that.
@receiver(request_finished)
def forget(**_: Any) -> None:
    """Let the thread's next records be of no request."""
    _current.set(None)


class RequestFilter(logging.Filter):
    """Adds `request_id` and `user`, a primary key, to each record that passes: `-` for none."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = _current.get()
        record.request_id = getattr(request, "request_id", "-")
        record.user = getattr(_known_user(request), "pk", None) or "-"
        return True


def _known_user(request: HttpRequest | None) -> Any:
    """Return who calls as far as that is known: a line of the log must not cost a query."""
    user = getattr(request, "user", None)
    # Django's AuthenticationMiddleware leaves what it has found out here.
    return getattr(request, "_cached_user", None) if isinstance(user, SimpleLazyObject) else user


class JSONFormatter(logging.Formatter):
    """Writes a record as one line of JSON, which no text in it can make two.

    Of what a caller adds by `extra` only names that are listed here are written: Django adds
    whole requests.
    """

    extra = ("status_code", "milliseconds")

    def format(self, record: logging.LogRecord) -> str:
        given = record.__dict__
        written = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **{name: given.get(name, "-") for name in ("schema", "request_id", "user")},
            **{name: given[name] for name in self.extra if name in given},
        }
        if record.exc_info:
            written["exception"] = self.formatException(record.exc_info)
        return json.dumps(written, default=str)
