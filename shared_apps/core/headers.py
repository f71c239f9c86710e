"""The limit of a header's length: a very long one takes hundreds of milliseconds to parse."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse

from .errors import DomainError

MAX_HEADER = 8190  # bytes; the limit of gunicorn and Apache

# Headers that Django, DRF, WhiteNoise or this project parses. Others are only compared.
_PARSED = (
    "CONTENT_TYPE",
    "HTTP_ACCEPT",
    "HTTP_ACCEPT_ENCODING",
    "HTTP_ACCEPT_LANGUAGE",
    "HTTP_COOKIE",
    "HTTP_HOST",
    "HTTP_IF_MATCH",
    "HTTP_IF_NONE_MATCH",
    "HTTP_ORIGIN",
    "HTTP_RANGE",
    "HTTP_REFERER",
    "HTTP_X_FORWARDED_FOR",
)


class HeaderSizeMiddleware:
    """Returns 431 before any code parses a header that is too long."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        meta = request.META
        if [name for name in _PARSED if len(meta.get(name, "")) > MAX_HEADER]:
            error = DomainError(
                "header_too_large",
                f"A header is too long. Send at most {MAX_HEADER:,} bytes.",
                HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
            )
            # Always JSON: to choose a page for browsers, Accept would have to be parsed.
            return JsonResponse(error.as_body(), status=error.status)
        return self.get_response(request)
