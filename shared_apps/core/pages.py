"""Error responses of middleware and of Django: a page for browsers, JSON for programs."""

import sys
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from .errors import DomainError, malformed
from .outages import is_outage

_TITLES = {
    HTTPStatus.BAD_REQUEST: "This request is not valid",
    HTTPStatus.UNAUTHORIZED: "Sign in to continue",
    HTTPStatus.FORBIDDEN: "You cannot do this now",
    HTTPStatus.NOT_FOUND: "Page not found",
    HTTPStatus.CONFLICT: "Nothing was changed",
    HTTPStatus.GONE: "This link no longer works",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong",
    HTTPStatus.SERVICE_UNAVAILABLE: "Try again in a moment",
}


def error_response(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Return a page or JSON, as the caller accepts."""
    if request.get_preferred_type(["application/json", "text/html"]) == "text/html":
        context = {"error": error, "title": _TITLES.get(error.status, error.status.phrase)}
        response = render(request, "error.html", context, status=error.status)
    else:
        response = JsonResponse(error.as_body(), status=error.status)
    for name, value in error.as_headers().items():
        response[name] = value
    return response


@csrf_exempt  # A POST to a wrong path gets 404, not an error about CSRF.
def unknown_endpoint(request: HttpRequest, unknown: str) -> HttpResponse:
    """Return 404 below /api/; with DEBUG, Django would show its own page instead."""
    detail = "There is nothing at this address. Check the URL."
    return error_response(request, DomainError("not_found", detail, HTTPStatus.NOT_FOUND))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400; middleware calls it for a body that is too large."""
    return error_response(request, malformed(exception))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403."""
    return error_response(
        request,
        DomainError(
            "permission_denied",
            "You do not have permission to do this. Ask for access, or sign in as another user.",
            HTTPStatus.FORBIDDEN,
        ),
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW; Django logs the reason."""
    return error_response(
        request,
        DomainError(
            "csrf_failed",
            "This form has expired. Reload the page and try again.",
            HTTPStatus.FORBIDDEN,
        ),
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404."""
    return unknown_endpoint(request, request.path)


def server_error(request: HttpRequest, *_: Any) -> HttpResponse:
    """Django's handler500, for every exception that no view or middleware caught."""
    if is_outage(sys.exception()):
        return error_response(
            request,
            DomainError(
                "unavailable",
                "The service is not available right now. Check whether your change was saved, "
                "then try again.",
                HTTPStatus.SERVICE_UNAVAILABLE,
            ),
        )
    return error_response(
        request,
        DomainError(
            "server_error",
            "Something went wrong on our side. Check whether your change was saved, then try "
            "again.",
            HTTPStatus.INTERNAL_SERVER_ERROR,
        ),
    )
