"""The request's id and user in each log line; with LOG_REQUESTS, one more line for each request.

The response has the id in the header X-Request-ID. `tenantry.logs` adds the organization's schema.
"""

import logging
import re
import uuid
from collections.abc import Callable
from http import HTTPStatus
from time import perf_counter

import structlog
from django.conf import settings
from django.core.signals import request_finished
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject
from structlog.contextvars import bind_contextvars, clear_contextvars

from .health import PROBES

_VALID_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)

SECRET_PATHS = (
    "/invitations/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/verify/",
    "/accounts/email/",
    "/accounts/second-factor/undo/",
)
"""Prefixes of pages' paths of which the rest is a secret, as in the link of a mail."""

_SECRET_PATH = re.compile(rf"(?<!\w)({'|'.join(map(re.escape, SECRET_PATHS))})[^\s?#\"']+")
logger: structlog.stdlib.BoundLogger = structlog.get_logger("api.request")


class RequestMiddleware:
    """Binds the request's id to all lines, and writes the request's line if LOG_REQUESTS is on.

    Uses the id that the caller sent if it is valid. Probes get no line.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        begun = perf_counter()
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _VALID_ID.fullmatch(given) else uuid.uuid4().hex
        clear_contextvars()  # A request that crashed can leave its values in the thread.
        bind_contextvars(request_id=request_id)
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        _bind_caller(request)
        if settings.LOG_REQUESTS and request.path_info not in PROBES:
            _log(request, response, milliseconds=round((perf_counter() - begun) * 1000, 1))
        return response


def _bind_caller(request: HttpRequest) -> None:
    """Bind the user and the schema to later lines, if they are loaded: a log must cost no query."""
    user = getattr(request, "user", None)
    if isinstance(user, SimpleLazyObject):
        # Django's AuthenticationMiddleware keeps the loaded user here.
        user = getattr(request, "_cached_user", None)
    if user and user.pk:
        bind_contextvars(user=user.pk)
    if organization := getattr(request, "organization", None):
        bind_contextvars(schema=organization.schema_name)


def _log(request: HttpRequest, response: HttpResponse, *, milliseconds: float) -> None:
    """Write the request's line without the query string, which can contain secrets."""
    status = response.status_code
    level = logging.INFO
    if status >= HTTPStatus.BAD_REQUEST:
        level = logging.WARNING
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        level = logging.ERROR
    logger.log(
        level,
        "request",
        method=request.method,
        path=request.path,
        status_code=status,
        milliseconds=milliseconds,
    )


def without_secret_paths(
    logger: object, method_name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Mask the rest of SECRET_PATHS (a structlog processor), also in lines of Django."""
    for key in ("event", "path"):
        value = event.get(key)
        if isinstance(value, str):
            event[key] = _SECRET_PATH.sub(r"\1***", value)
    return event


def without_traceback_of_client_errors(
    logger: object, method_name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Remove the traceback from lines about client errors (a structlog processor).

    Django logs 400, 403 and 413 with a traceback. Its lines about a response have `status_code`.
    """
    if (
        event.get("status_code", HTTPStatus.INTERNAL_SERVER_ERROR)
        < HTTPStatus.INTERNAL_SERVER_ERROR
    ):
        event.pop("exc_info", None)
    return event


class ServerFilter(logging.Filter):
    """Drops lines of the development server about probes and about static files that exist.

    A page has some 30 static files. The record's arguments begin with two strings: the request
    line and the status.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        match record.args:
            case (str(line), str(status), *_) if status < "400":
                _, path, *_ = [*line.split(), "", ""]
                return not (path in PROBES or path.startswith(settings.STATIC_URL))
        return True


# The middleware returns too early: after it, Django logs errors and streams responses.
@receiver(request_finished)
def clear_request(**_: object) -> None:
    clear_contextvars()
