"""Requests to the service in this process, as a server makes them."""

from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory

_handler = WSGIHandler()


def get(path: str, *, token: str) -> bytes:
    """Ask for a path and return the body; the connection is given back as after any request.

    Raises:
        RuntimeError: when the answer is not 200.
    """
    statuses = []

    def start_response(status: str, headers: Any, exc_info: Any = None, /) -> Any:
        statuses.append(status)

    request = RequestFactory().get(path, HTTP_AUTHORIZATION=f"Token {token}")
    response = _handler(request.environ, start_response)
    body = b"".join(response)
    response.close()
    if statuses != ["200 OK"]:
        raise RuntimeError(f"{path} answered {statuses}: {body[:200]!r}")
    return body
