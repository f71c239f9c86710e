"""Log lines have the request's id and user; a request may have a line of its own.

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

_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
logger: structlog.stdlib.BoundLogger = structlog.get_logger("api.request")


class RequestMiddleware:
    """Binds the request's id to all lines, and writes one of the answer if LOG_REQUESTS is on.

    The id is the caller's when that is a plain word. Probes get no line.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        begun = perf_counter()
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _ACCEPTABLE.fullmatch(given) else uuid.uuid4().hex
        clear_contextvars()  # Of a request that died.
        bind_contextvars(request_id=request_id)
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        _bind_caller(request)
        if settings.LOG_REQUESTS and request.path_info not in PROBES:
            _log(request, response, milliseconds=round((perf_counter() - begun) * 1000, 1))
        return response


def _bind_caller(request: HttpRequest) -> None:
    """Bind who called, and where, to the lines about the answer.

    As far as that is known: a line of the log must not cost a query.
    """
    user = getattr(request, "user", None)
    if isinstance(user, SimpleLazyObject):
        # Django's AuthenticationMiddleware leaves what it has found out here.
        user = getattr(request, "_cached_user", None)
    if user and user.pk:
        bind_contextvars(user=user.pk)
    if organization := getattr(request, "organization", None):
        bind_contextvars(schema=organization.schema_name)


def _log(request: HttpRequest, response: HttpResponse, *, milliseconds: float) -> None:
    """Write a request's line: never the query, where secrets may be."""
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


def without_traceback_of_client_errors(
    logger: object, method_name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Leave one line of what was the caller's fault (a processor of structlog).

    Django adds a traceback to 403, 400 and 413, and the status to each line about an answer.
    """
    if (
        event.get("status_code", HTTPStatus.INTERNAL_SERVER_ERROR)
        < HTTPStatus.INTERNAL_SERVER_ERROR
    ):
        event.pop("exc_info", None)
    return event


class ServerFilter(logging.Filter):
    """Leaves probes, and static files that are there, out of the development server's lines.

    A page has some thirty. Such a record's arguments begin with the request's line and the status,
    both texts.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        match record.args:
            case (str(line), str(status), *_) if status < "400":
                _, path, *_ = [*line.split(), "", ""]
                return not (path in PROBES or path.startswith(settings.STATIC_URL))
        return True


# Not when the middleware returns: Django logs errors, and streams responses, after that.
@receiver(request_finished)
def forget(**_: object) -> None:
    """Let the thread's next lines be of no request."""
    clear_contextvars()
