"""Pages of a change of one's address."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.views.generic import TemplateView

from shared_apps.core.errors import DomainError
from shared_apps.jobs.mail.facts import facts_of
from shared_apps.users.models import User
from shared_apps.users.verification import is_verified

from .email_changes import email_change_begin, email_change_confirm, email_change_undo
from .form_pages import FormPage
from .forms import EmailForm
from .links import link_invalid
from .models import EmailChange


class EmailPage(LoginRequiredMixin, FormPage):
    template_name = "accounts/email.html"
    form_class = EmailForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        assert isinstance(self.request.user, User)
        return super().get_context_data(verified=is_verified(self.request.user), **kwargs)

    def act(self, *, email: str, password: str) -> HttpResponse:
        assert isinstance(self.request.user, User)
        email_change_begin(
            request=self.request, user=self.request.user, new_email=email, password=password
        )
        return redirect("email-change-sent")


class EmailSentPage(LoginRequiredMixin, TemplateView):
    template_name = "accounts/email_sent.html"


class EmailConfirmPage(LoginRequiredMixin, FormPage):
    """Changes the address with POST: programs that check mail open links with GET."""

    template_name = "accounts/email_confirm.html"
    form_class = Form

    @cached_property
    def change(self) -> EmailChange:
        change = EmailChange.objects.of_token(self.kwargs["token"])
        if change is None:
            raise link_invalid()
        if change.user_id != self.request.user.pk:
            raise DomainError(
                "link_not_yours",
                "This link is for another account. Sign in as the user who asked for it.",
                HTTPStatus.FORBIDDEN,
            )
        return change

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(change=self.change, **kwargs)

    def act(self) -> HttpResponse:
        assert isinstance(self.request.user, User)
        change = email_change_confirm(
            user=self.request.user, token=self.kwargs["token"], facts=facts_of(self.request)
        )
        messages.success(self.request, f"You sign in with {change.new_email} from now on.")
        return redirect("home")


class EmailUndoPage(FormPage):
    """Restores the address before a change. It needs no sign-in: that may be another person's."""

    template_name = "accounts/email_undo.html"
    form_class = Form

    @cached_property
    def change(self) -> EmailChange:
        change = EmailChange.objects.of_undo_token(self.kwargs["token"])
        if change is None:
            raise link_invalid()
        return change

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(change=self.change, **kwargs)

    def act(self) -> HttpResponse:
        path = email_change_undo(token=self.kwargs["token"], facts=facts_of(self.request))
        messages.success(self.request, "Your email was restored. Now choose a new password.")
        return redirect(path)
