"""Pages of a new password: for a user who forgot it, and for one who is signed in."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.generic import TemplateView

from shared_apps.access.sessions import session_id
from shared_apps.access.throttles import mail_throttles
from shared_apps.core.request import client_address
from shared_apps.core.throttles import count
from shared_apps.jobs.mail.facts import facts_of
from shared_apps.users.models import User
from shared_apps.users.password_services import find_reset, password_change, password_reset

from . import tasks
from .form_pages import FormPage
from .forms import AddressForm, NewPasswordForm, PasswordChangeForm
from .known_devices import device_renew
from .links import link_invalid


class PasswordResetPage(FormPage):
    """Asks for an address. A worker decides whether it gets a mail."""

    template_name = "accounts/password_reset.html"
    form_class = AddressForm

    def act(self, *, email: str) -> HttpResponse:
        count(*mail_throttles(to=email, address=client_address(self.request)))
        tasks.answer_password_reset.enqueue(email, facts_of(self.request))
        return redirect("password-reset-sent")


class PasswordResetSentPage(TemplateView):
    template_name = "accounts/password_reset_sent.html"


class PasswordResetConfirmPage(FormPage):
    """Sets the password of a link."""

    template_name = "accounts/password_new.html"
    form_class = NewPasswordForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if find_reset(**kwargs) is None:
            raise link_invalid()
        return super().dispatch(request, *args, **kwargs)

    def act(self, *, new: str, end_tokens: bool) -> HttpResponse:
        facts = facts_of(self.request)
        if password_reset(**self.kwargs, new=new, end_tokens=end_tokens, facts=facts) is None:
            raise link_invalid()
        messages.success(self.request, "Your password was changed. Sign in with the new one.")
        return redirect("login")


class PasswordChangePage(LoginRequiredMixin, FormPage):
    template_name = "accounts/password_change.html"
    form_class = PasswordChangeForm

    def act(self, **fields: Any) -> HttpResponse:
        user, here = self.request.user, session_id(self.request)
        assert isinstance(user, User)
        changed = password_change(request=self.request, user=user, besides=here, **fields)
        messages.success(self.request, "Your password was changed. All other sessions have ended.")
        response = redirect("home")
        device_renew(request=self.request, response=response, before=user, after=changed)
        return response
