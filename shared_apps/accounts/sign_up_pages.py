"""Pages of sign-up."""

from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView

from shared_apps.core.request import client_address
from shared_apps.jobs.mail.facts import facts_of
from shared_apps.organizations.acceptance import find_invitation, require_live
from shared_apps.organizations.models import Invitation
from shared_apps.users.sign_up import require_sign_up

from .form_pages import FormPage
from .forms import InvitedSignUpForm, SignUpForm, SignUpPasswordForm
from .links import link_invalid
from .models import PendingSignUp
from .services import sign_in
from .sign_up import sign_up_begin, sign_up_complete, sign_up_invited

_SESSION_KEY = "sign_up"
"""In the session: the primary key of the sign-up that this browser sent."""


class SignUpPage(FormPage):
    """Asks for an address, a name and a password. What follows is a mail."""

    template_name = "accounts/sign_up.html"
    form_class = SignUpForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        require_sign_up(invited=False)
        if request.user.is_authenticated:
            return redirect("home")
        return super().dispatch(request, *args, **kwargs)

    def act(self, **fields: Any) -> HttpResponse:
        pending = sign_up_begin(
            **fields, address=client_address(self.request), facts=facts_of(self.request)
        )
        self.request.session[_SESSION_KEY] = pending.pk
        return redirect("sign-up-sent")


class SignUpSentPage(TemplateView):
    template_name = "accounts/sign_up_sent.html"


class SignUpConfirmPage(FormPage):
    """Creates the account of a link with POST: programs that check mail open links with GET.

    Another browser than that of the sign-up asks for its password.
    """

    template_name = "accounts/sign_up_confirm.html"

    @cached_property
    def pending(self) -> PendingSignUp:
        require_sign_up(invited=False)
        pending = PendingSignUp.objects.of_token(self.kwargs["token"])
        if pending is None:
            raise link_invalid()
        return pending

    def get_form_class(self) -> type[Form]:
        is_ours = self.request.session.get(_SESSION_KEY) == self.pending.pk
        return Form if is_ours else SignUpPasswordForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(email=self.pending.email, **kwargs)

    def act(self, *, password: str | None = None) -> HttpResponse:
        user = sign_up_complete(
            token=self.kwargs["token"], password=password, address=client_address(self.request)
        )
        return sign_in(
            request=self.request,
            user=user,
            redirect_url=reverse("organization-new"),
            is_sign_up=True,
        )


class InvitedSignUpPage(FormPage):
    """Creates the account of an invited person, and leads back to the invitation."""

    template_name = "accounts/sign_up_invited.html"
    form_class = InvitedSignUpForm

    @cached_property
    def invitation(self) -> Invitation:
        require_sign_up(invited=True)
        invitation = find_invitation(self.kwargs["token"])
        require_live(invitation=invitation)
        return invitation

    @property
    def invitation_path(self) -> str:
        return reverse("invitation", args=[self.kwargs["token"]])

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return redirect(self.invitation_path)
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            invitation=self.invitation, invitation_path=self.invitation_path, **kwargs
        )

    def act(self, *, name: str, password: str) -> HttpResponse:
        user = sign_up_invited(invitation=self.invitation, name=name, password=password)
        return sign_in(
            request=self.request,
            user=user,
            redirect_url=self.invitation_path,
            is_sign_up=True,
        )
