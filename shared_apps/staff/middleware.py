"""What a request under /admin/ knows of the organization that staff have entered."""

from collections.abc import Callable

import structlog
from csp.constants import SELF, UNSAFE_EVAL
from django.core.exceptions import BadRequest, FieldDoesNotExist
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from structlog.contextvars import bind_contextvars

from shared_apps.core.pages import bad_request

from .support.services import live_session

logger: structlog.stdlib.BoundLogger = structlog.get_logger("staff.admin")

ADMIN = "/admin/"
# What Django's admin and Unfold raise where they take a query's or a form's text for a number, a
# field or a key without looking at it first.
_UNREADABLE = (ValueError, FieldDoesNotExist)
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
        if request.user.pk:
            bind_contextvars(user=request.user.pk)
        session = live_session(request)
        request.support_session = session  # type: ignore[attr-defined]
        if session:
            bind_contextvars(schema=session.organization.schema_name)
            request.organization = session.organization  # type: ignore[attr-defined]
        response = self.get_response(request)
        response._csp_update = _POLICY  # type: ignore[attr-defined]
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer 400 for a parameter that the admin cannot read.

        Only staff get as far as that. It is logged with its traceback: it might be our mistake.
        """
        if not request.path_info.startswith(ADMIN) or not isinstance(error, _UNREADABLE):
            return None
        if not isinstance(error, BadRequest):
            logger.error("parameter not read", exc_info=error)
            error = BadRequest("A value in the address or the form cannot be read.")
        return bad_request(request, error)
