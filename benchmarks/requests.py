"""Requests to the service in this process, through its WSGI handler."""

from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.test import RequestFactory

_handler = WSGIHandler()


def get(path: str, *, token: str) -> bytes:
    """Send a GET request and return the body.

    Raises:
        RuntimeError: the status is not 200.
    """
    return _respond(RequestFactory().get(path, HTTP_AUTHORIZATION=f"Token {token}"), "200 OK")


def post(path: str, body: Any, *, token: str) -> bytes:
    """Send a POST request with JSON and return the body.

    Raises:
        RuntimeError: the status is not 201.
    """
    request = RequestFactory().post(
        path, body, content_type="application/json", HTTP_AUTHORIZATION=f"Token {token}"
    )
    return _respond(request, "201 Created")


def _respond(request: WSGIRequest, expected: str) -> bytes:
    statuses = []

    def start_response(status: str, headers: Any, exc_info: Any = None, /) -> Any:
        statuses.append(status)

    response = _handler(request.environ, start_response)
    body = b"".join(response)
    response.close()
    if statuses != [expected]:
        raise RuntimeError(f"{request.path} returned {statuses}: {body[:200]!r}")
    return body
