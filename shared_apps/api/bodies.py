"""How much a request may bring along."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse


class BodySizeMiddleware:
    """Refuses a body that is too large before a byte of it is read.

    Django counts only what it keeps of a form, and DRF reads JSON past Django. Under WSGI what no
    Content-Length tells of is no body.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with_files = request.content_type == "multipart/form-data"
        limit = settings.MAX_UPLOAD_SIZE if with_files else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        size = request.META.get("CONTENT_LENGTH") or "0"
        if size.isdecimal() and int(size) > limit:
            raise RequestDataTooBig("The body is too large.")
        return self.get_response(request)
