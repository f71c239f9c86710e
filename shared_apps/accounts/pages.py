"""The sign-in page, and the pages of its stages."""

from typing import Any

from allauth.account.internal.decorators import login_stage_required
from django.contrib import messages
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from shared_apps.users.sign_up import may_sign_up

from . import services
from .form_pages import FormPage
from .stages import VerifiedAddressStage
from .verifications import address_verify, find_verification, verification_send


class SignInView(LoginView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(may_sign_up=may_sign_up(invited=False), **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        return services.sign_in(
            request=self.request, user=form.get_user(), redirect_url=self.get_success_url()
        )


@require_http_methods(["GET", "HEAD", "POST"])
@login_stage_required(stage=VerifiedAddressStage.key, redirect_urlname="login")
def address_unverified(request: HttpRequest) -> HttpResponse:
    """Send the user a link, and ask to open it; continue the sign-in if they did."""
    stage: Any = request._login_stage  # type: ignore[attr-defined]
    if stage.is_verified():
        response: HttpResponse = stage.exit()
        return response
    is_sent = request.method == "POST"
    if is_sent:
        verification_send(request=request, user=stage.login.user)
    context = {"email": stage.login.user.email, "is_sent": is_sent}
    return render(request, "accounts/address_unverified.html", context)


class AddressVerifyPage(FormPage):
    """Verifies an address with POST: programs that check mail open links with GET."""

    template_name = "accounts/address_verify.html"
    form_class = Form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(email=find_verification(**self.kwargs).email, **kwargs)

    def act(self) -> HttpResponse:
        address_verify(**self.kwargs)
        messages.success(self.request, "Your address is verified.")
        signed_in = self.request.user.is_authenticated
        return redirect("home" if signed_in else "address-unverified")
