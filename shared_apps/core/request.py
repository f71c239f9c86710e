"""Who runs the code: the user of the current request, or a program.

A ContextVar holds the request, so that no service can forget to pass it to the audit log.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_ipv46_address
from django.http import HttpRequest
from django.http.response import HttpResponseBase

_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)
_actor: ContextVar["Actor | None"] = ContextVar("actor", default=None)


class CurrentRequestMiddleware:
    """Stores the current request for `record()`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = _request.set(request)
        try:
            return self.get_response(request)
        finally:
            _request.reset(token)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and from where.

    Attributes:
        user: the signed-in user; None for a program or an unknown caller.
        address: where the request came from.
        program: the command, without a request.
        task: the background task that acts for them.
    """

    user: Any = None
    address: str | None = None
    program: str = "anonymous"
    task: str = ""


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """Act for another user than that of the request, as a task does for its enqueuer."""
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)


def current_actor() -> Actor:
    if actor := _actor.get():
        return actor
    request = _request.get()
    if request is None:
        return Actor(program=" ".join(Path(word).name for word in sys.argv[:2]))
    user = getattr(request, "user", None)
    return Actor(
        user=user if user is not None and user.is_authenticated else None,
        address=client_address(request),
    )


def client_address(request: HttpRequest) -> str | None:
    """Return the IP address of the caller; None without a valid one.

    Behind proxies, it is the address that the first of the TRUSTED_PROXIES appended to
    X-Forwarded-For. The caller can forge everything before that.
    """
    address: str = request.META.get("REMOTE_ADDR", "")
    forwarded = request.headers.get("X-Forwarded-For")
    if settings.TRUSTED_PROXIES and forwarded:
        address = forwarded.split(",")[-settings.TRUSTED_PROXIES :][0].strip()
    return address if _is_ip(address) else None


def _is_ip(address: str) -> bool:
    try:
        validate_ipv46_address(address)
    except ValidationError:
        return False
    return True
