"""What a request under /admin/ knows of the organization that staff have entered."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from .support.services import live_session

ADMIN = "/admin/"


class SupportSessionMiddleware:
    """Tells requests under /admin/, and no others, of their live support session.

    Sets `request.support_session`, and `request.organization`, which the forms then carry. It
    activates nothing: that is up to the views that show an organization's data
    (`support.guard`), so that the pages of the platform cannot see any.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(ADMIN):
            session = live_session(request)
            request.support_session = session  # type: ignore[attr-defined]
            if session:
                request.organization = session.organization  # type: ignore[attr-defined]
        return self.get_response(request)
