"""The pages of `allauth.mfa` that do more here than there."""

from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.mfa import app_settings
from allauth.mfa.base.views import AuthenticateView, IndexView, TrustView
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, LoginWebAuthnView
from django.contrib import messages
from django.db import transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from shared_apps.access.sessions import session_id
from shared_apps.access.throttles import sign_in_throttles
from shared_apps.core.request import client_address
from shared_apps.core.throttles import count
from shared_apps.users.models import User
from shared_apps.users.sessions import session_lock

from .codes import LAST_COUNTER, lacks_factor_of_staff
from .forms import ActivateAppForm
from .passkeys import AddPasskeyForm, SignInPasskeyForm


class SecondFactorView(AuthenticateView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add which kinds of second factor the user has."""
        own = Authenticator.objects.filter(user_id=self.stage.login.user.pk)
        kinds = set(own.values_list("type", flat=True))
        return {**super().get_context_data(**kwargs), "kinds": kinds}


class TrustBrowserView(TrustView):
    def form_valid(self, form: Form) -> HttpResponse:
        """Trust the browser only if the last stages of the sign-in let the user in."""
        response: HttpResponse = super().form_valid(form)
        if not self.request.user.is_authenticated:
            response.cookies.pop(app_settings.TRUST_COOKIE_NAME, None)
        return response


class SecondFactorIndexView(IndexView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        required = lacks_factor_of_staff(self.request.user)
        return {**super().get_context_data(**kwargs), "required_of_staff": required}


class ActivateAppView(ActivateTOTPView):
    @transaction.atomic
    def form_valid(self, form: ActivateAppForm) -> HttpResponse:
        _lock_session(self.request)
        response: HttpResponse = super().form_valid(form)
        app = Authenticator.objects.get(user=self.request.user, type=Authenticator.Type.TOTP)
        app.data[LAST_COUNTER] = form.counter
        app.save(update_fields=["data"])
        return response


class AddPasskeyView(AddWebAuthnView):
    @transaction.atomic
    def form_valid(self, form: AddPasskeyForm) -> HttpResponse:
        _lock_session(self.request)
        response: HttpResponse = super().form_valid(form)
        return response


def _lock_session(request: HttpRequest) -> None:
    """Lock the user and the session, in the order of services that end both.

    A second factor that a thief adds is then added before its owner ends all sessions, and removed
    with them, or not at all.

    Raises:
        DomainError: 401 `not_authenticated`, if the session was ended meanwhile.
    """
    assert isinstance(request.user, User)
    User.objects.select_for_update(no_key=True).get(pk=request.user.pk)
    session_lock(session_id(request))


class PasskeySignInView(LoginWebAuthnView):
    """A sign-in with nothing else. Visitors get a session for a challenge or an error."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return the challenge for the script of the sign-in page."""
        if get_account_adapter().is_ajax(request):
            _count_address(request)
        response: HttpResponse = super().get(request, *args, **kwargs)
        return response

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        _count_address(request)
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response

    def form_invalid(self, form: SignInPasskeyForm) -> HttpResponse:
        for message in form.errors.get("credential", []):
            messages.error(self.request, message)
        query = urlencode({"next": self.request.POST.get("next", "")})
        return HttpResponseRedirect(f"{reverse('login')}?{query}")


def _count_address(request: HttpRequest) -> None:
    """Count a request of a visitor.

    Raises:
        DomainError: 429 `throttled`.
    """
    _account, address = sign_in_throttles(email="", address=client_address(request))
    count(address)
