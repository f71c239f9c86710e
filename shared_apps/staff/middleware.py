"""Sets the support session of requests under /admin/."""

from collections.abc import Callable

import structlog
from csp.constants import SELF, UNSAFE_EVAL
from django.core.exceptions import BadRequest, FieldDoesNotExist
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from structlog.contextvars import bind_contextvars

from shared_apps.accounts.second_factor.codes import lacks_factor_of_staff
from shared_apps.core.csp import INLINE_STYLES
from shared_apps.core.pages import bad_request

from .support.services import live_session

logger: structlog.stdlib.BoundLogger = structlog.get_logger("staff.admin")

ADMIN = "/admin/"
# Django's admin and Unfold raise these when a parameter is not a valid number, field or key.
_UNREADABLE = (ValueError, FieldDoesNotExist)
# Unfold's Alpine.js makes functions from text, also on error pages of the admin. Its colours and
# widths are inline styles.
_POLICY = {"script-src": [SELF, UNSAFE_EVAL], **INLINE_STYLES}


class SupportSessionMiddleware:
    """Sets `request.support_session` and `request.organization` under /admin/.

    Staff without a second factor are sent to the page where they add one, if STAFF_SECOND_FACTOR is
    on.

    Forms contain that organization as `_organization`. Only views of tenant models activate it
    (`support.guard`), so the platform's pages cannot see an organization's data. The response's
    Content-Security-Policy allows the admin's scripts.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(ADMIN):
            return self.get_response(request)
        if request.user.pk:
            bind_contextvars(user=request.user.pk)
        if self._lacks_factor(request):
            return redirect("mfa_index")
        session = live_session(request)
        request.support_session = session  # type: ignore[attr-defined]
        if session:
            bind_contextvars(schema=session.organization.schema_name)
            request.organization = session.organization  # type: ignore[attr-defined]
        response = self.get_response(request)
        response._csp_update = _POLICY  # type: ignore[attr-defined]
        return response

    def _lacks_factor(self, request: HttpRequest) -> bool:
        user = request.user
        if not user.is_authenticated or request.path_info == reverse("admin:logout"):
            return False
        return lacks_factor_of_staff(user)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return 400 for a parameter that the admin cannot read.

        The log gets the traceback, because the error may be in our code.
        """
        if not request.path_info.startswith(ADMIN) or not isinstance(error, _UNREADABLE):
            return None
        if not isinstance(error, BadRequest):
            logger.error("parameter not read", exc_info=error)
            error = BadRequest(
                "A value in the URL or the form is not valid. Go back and correct it."
            )
        return bad_request(request, error)
