"""Limits of request bodies: size and charset."""

import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.core.handlers.wsgi import LimitedStream, WSGIHandler, WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.http import parse_header_parameters

from .errors import MALFORMED
from .headers import MAX_HEADER
from .pages import bad_request

FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}

MAX_ANONYMOUS_BODY = 262_144  # bytes
_OPEN_TO_ANYONE = ("/accounts/", "/api/auth/")
_MAX_DIGITS = 20
_CHUNK = 65_536  # bytes

Receive = Callable[[], Awaitable[Mapping[str, Any]]]


class BodyMiddleware:
    """Rejects a body that is too large, and a form that is not UTF-8, before reading it.

    Django's limit ignores files, and DRF ignores the limit when it reads JSON. Under WSGI a
    request without Content-Length has no body. Paths that need no sign-in have a smaller limit.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with_files = request.content_type == "multipart/form-data"
        limit = settings.MAX_UPLOAD_SIZE if with_files else settings.MAX_BODY_SIZE
        if request.path_info.startswith(_OPEN_TO_ANYONE):
            limit = min(limit, MAX_ANONYMOUS_BODY)
        if _content_length(request.META) > limit:
            return bad_request(request, RequestDataTooBig())
        charset = request.content_params.get("charset", "utf-8")  # type: ignore[union-attr]
        if request.content_type in FORMS and charset.lower() != "utf-8":
            return bad_request(request, BadRequest("The form is not UTF-8. Send it in UTF-8."))
        return self.get_response(request)


class CsrfMiddleware(CsrfViewMiddleware):
    """Django's CSRF check, which reads the form first, so it must handle a malformed one."""

    # The stubs allow only a 403 response.
    def process_view(  # type: ignore[override]
        self,
        request: HttpRequest,
        callback: Callable[..., HttpResponseBase],
        callback_args: tuple[Any, ...],
        callback_kwargs: dict[str, Any],
    ) -> HttpResponse | None:
        try:
            return super().process_view(request, callback, callback_args, callback_kwargs)
        except MALFORMED as error:
            return bad_request(request, error)


def _content_length(meta: Mapping[str, Any]) -> int:
    """Return the bytes that the client announced, 0 if it announced none or no valid number."""
    size = meta.get("CONTENT_LENGTH") or ""
    if not size.isdecimal():
        return 0
    return int(size) if len(size) <= _MAX_DIGITS else sys.maxsize


class _BoundedType(HttpRequest):
    """Reads any Content-Type without raising an exception.

    Django reads it before the middleware that handles exceptions. It also uses its charset to
    decode the query, and fails if the charset is not for text (`hex`). Here queries are always
    UTF-8. A value that is too long is ignored; HeaderSizeMiddleware returns 431.
    """

    def _set_content_type_params(self, meta: Mapping[str, Any]) -> None:
        given = meta.get("CONTENT_TYPE", "")
        bounded = given if len(given) <= MAX_HEADER else ""
        self.content_type, self.content_params = parse_header_parameters(bounded)


class _WSGIRequest(_BoundedType, WSGIRequest):
    pass


class _ASGIRequest(_BoundedType, ASGIRequest):
    pass


class BoundedWSGIHandler(WSGIHandler):
    """Django's handler, which reads the rest of the body after the response.

    A server that closes a connection with unread data resets it. The proxy that still sends the
    body then returns 502, and the client never sees the 401 or 413.
    """

    request_class = _WSGIRequest

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> HttpResponseBase:
        length = _content_length(environ)
        if not length:
            return super().__call__(environ, start_response)
        # A server need not mark the end of a body (PEP 3333).
        body = LimitedStream(environ["wsgi.input"], length)
        environ = {**environ, "wsgi.input": body}
        response: HttpResponseBase = super().__call__(environ, start_response)
        for _ in range(0, max(settings.MAX_UPLOAD_SIZE, settings.MAX_BODY_SIZE), _CHUNK):
            if not body.read(_CHUNK):
                break
        return response


class BoundedASGIHandler(ASGIHandler):
    """Django's handler with a limit on the body.

    Django writes a body of any length to disk before the first middleware. This one keeps at most
    one byte more than the limit and sets Content-Length. BodyMiddleware then rejects the same
    bodies as under WSGI.
    """

    request_class = _ASGIRequest

    async def read_body(self, receive: Receive) -> IO[bytes]:
        left = max(settings.MAX_UPLOAD_SIZE, settings.MAX_BODY_SIZE) + 1

        async def bounded() -> dict[str, Any]:
            nonlocal left
            message = await receive()
            body = message.get("body", b"")[:left]
            left -= len(body)
            return {**message, "body": body}

        return await super().read_body(bounded)

    def create_request(self, scope: Mapping[str, Any], body_file: IO[bytes]) -> Any:
        request, error = super().create_request(scope, body_file)
        if request:
            request.META["CONTENT_LENGTH"] = str(body_file.seek(0, 2))
            body_file.seek(0)
        return request, error
