"""DRF takes the caller from the middleware."""

from django.http import HttpRequest, HttpResponse
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from shared_apps.users.models import User
from shared_apps.users.service_accounts import ServiceAccount

from .principal import Principal


class CallerAuthentication(BaseAuthentication):
    """Takes the user from the middleware and checks the CSRF token of a session.

    DRF exempts its views from Django's CSRF check, so a form on another site could otherwise write
    with the browser's cookie.
    """

    def authenticate(self, request: Request) -> tuple[User | ServiceAccount, Principal] | None:
        principal: Principal | None = getattr(request._request, "principal", None)
        if principal is None:
            return None
        if principal.token_id is None:
            _check_csrf(request._request)
        return principal.user, principal

    def authenticate_header(self, request: Request) -> str:
        return "Token"


def _check_csrf(request: HttpRequest) -> None:
    def unused(request: HttpRequest) -> HttpResponse:
        raise NotImplementedError

    check = CSRFCheck(unused)
    check.process_request(request)
    reason = check.process_view(request, unused, (), {})
    if reason:
        raise PermissionDenied(
            f"The CSRF check failed: {reason} Send X-CSRFToken, or use a token.", code="csrf_failed"
        )
