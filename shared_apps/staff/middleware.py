"""What a request under /admin/ knows of the organization that staff have entered."""

from collections.abc import Callable

from csp.constants import SELF, UNSAFE_EVAL
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from .support.services import live_session

ADMIN = "/admin/"
# The admin's Alpine.js makes functions of text, on the pages of its refusals as well.
_POLICY = {"script-src": [SELF, UNSAFE_EVAL]}


class SupportSessionMiddleware:
    """Tells requests under /admin/, and no others, of their live support session.

    Sets `request.support_session`, and `request.organization`, which the forms then carry. It
    activates nothing: that is up to the views that show an organization's data
    (`support.guard`), so that the pages of the platform cannot see any. What it answers with may
    run what the admin's scripts need.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(ADMIN):
            return self.get_response(request)
        session = live_session(request)
        request.support_session = session  # type: ignore[attr-defined]
        if session:
            request.organization = session.organization  # type: ignore[attr-defined]
        response = self.get_response(request)
        response._csp_update = _POLICY  # type: ignore[attr-defined]
        return response
