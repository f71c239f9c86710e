"""/accounts/second-factor/undo/: removes a second factor that a thief has added."""

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect

from ..form_pages import FormPage
from .undo import find_added, second_factor_undo


class SecondFactorUndoPage(FormPage):
    """Acts with POST: programs that check mail open links with GET. The owner cannot sign in."""

    template_name = "accounts/second_factor_undo.html"
    form_class = Form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        email = find_added(self.kwargs["token"]).user.email
        return super().get_context_data(email=email, **kwargs)

    def act(self) -> HttpResponse:
        path = second_factor_undo(token=self.kwargs["token"])
        messages.success(self.request, "The second factor was removed. Now choose a new password.")
        return redirect(path)
