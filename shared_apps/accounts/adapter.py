"""What django-allauth asks the project about accounts.

allauth runs the stages of a sign-in and the second factor. The forms, limits, mails and sessions
are ours.
"""

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import clear_authentication_records
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib.auth import authenticate
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from shared_apps.core.request import client_address
from shared_apps.users.models import User
from shared_apps.users.services import user_unchanged

from .known_devices import device_remember
from .second_factor.codes import passed_no_factor

_WAYS = {
    "reauthenticate": "Your password",
    "mfa_reauthenticate": "A code of your authenticator app, or a recovery code",
    "mfa_reauthenticate:webauthn": "A passkey",
}


class AccountAdapter(DefaultAccountAdapter):
    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "incorrect_password": "This password is wrong. Try again.",
    }

    def get_login_stages(self) -> list[str]:
        """Return what stands between a right password and the session, in this order."""
        return [
            "shared_apps.accounts.stages.VerifiedAddressStage",
            "allauth.mfa.stages.AuthenticateStage",
            "allauth.mfa.stages.TrustStage",
            "shared_apps.accounts.stages.UnchangedUserStage",
        ]

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """Respond as to wrong credentials; the password check already rejects such a user."""
        return redirect("login")

    def login(self, request: HttpRequest, user: User) -> None:
        """Open the session, unless the user has changed in a way that the stages did not see."""
        with transaction.atomic():
            if user_unchanged(user) is None or passed_no_factor(request, user):
                clear_authentication_records(request)
                raise ImmediateHttpResponse(redirect("login"))
            super().login(request, user)

    def post_login(
        self, request: HttpRequest, user: User, *, signup: bool, **login: Any
    ) -> HttpResponse:
        """Remember the browser."""
        response: HttpResponse = super().post_login(request, user, signup=signup, **login)
        device_remember(request=request, response=response, user=user, is_sign_up=signup)
        return response

    def reauthenticate(self, user: User, password: str) -> bool:
        """Check the password again, with the limits of a sign-in.

        Raises:
            DomainError: 429 `throttled`.
        """
        found = authenticate(context.request, username=user.email, password=password)
        return found is not None and found.pk == user.pk

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        methods = super().get_reauthentication_methods(user)
        return [{**method, "description": _WAYS[method["id"]]} for method in methods]

    def is_safe_url(self, url: str) -> bool:
        """Return whether a redirect stays on this host, as Django's LoginView does."""
        request: HttpRequest = context.request
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        )

    def get_client_ip(self, request: HttpRequest) -> Any:
        return client_address(request) or ""
