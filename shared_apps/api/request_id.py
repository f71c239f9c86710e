"""A name for each request, which the answer carries in the header X-Request-ID, and log records."""

import logging
import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.core.signals import request_finished
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_current: ContextVar[str | None] = ContextVar("request_id", default=None)


class RequestIDMiddleware:
    """Takes the caller's request id over when it is a plain word, else makes one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _ACCEPTABLE.fullmatch(given) else uuid.uuid4().hex
        _current.set(request_id)
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


# Not when the middleware is left: Django logs refusals, and streams answers, after that.
@receiver(request_finished)
def forget(**_: Any) -> None:
    """Let the thread's next records be of no request."""
    _current.set(None)


class RequestIDFilter(logging.Filter):
    """Adds `request_id` to each record that passes: `-` where there is no request."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = _current.get() or "-"
        return True
