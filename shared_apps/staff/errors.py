"""The admin shows errors of services as messages."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.admin import ModelAdmin

from shared_apps.core.constraints import as_domain_error
from shared_apps.core.errors import DomainError

R = TypeVar("R", bound=HttpResponse)


class ErrorsAsMessages(ModelAdmin):
    """An admin class with a `save_model()` that calls services.

    The form finds most errors itself. An error that only the service finds, for example after a
    concurrent change, becomes a message.
    """

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        view = super().changeform_view
        return self.show_errors(request, lambda: view(request, object_id, form_url, extra_context))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        view = super().delete_view
        return self.show_errors(request, lambda: view(request, object_id, extra_context))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save only a form that changes something."""
        if form.has_changed() or not change:
            super().save_model(request, obj, form, change)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Write the admin log only if something changed."""
        return super().log_change(request, obj, message) if message else None

    def show_errors(self, request: HttpRequest, view: Callable[[], HttpResponse]) -> HttpResponse:
        """Return the view's response; after an error of a service, show it on the same page."""
        try:
            return view()
        except (DomainError, ValidationError, IntegrityError) as error:
            domain_error = as_domain_error(error)
            if domain_error is None:
                raise
        self.message_user(request, domain_error.detail, messages.ERROR)
        return redirect_after_error(request.get_full_path())


class AtomicActions(ErrorsAsMessages):
    """An admin class with actions that call services for several rows."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Change all rows of an action or of the list's form, or none after an error."""
        view = super().changelist_view
        return self.show_errors(request, lambda: transaction.atomic(view)(request, extra_context))


def redirect_after_error(url: str) -> HttpResponse:
    """Redirect by 303: Django's admin uses 302 for a success."""
    return rolled_back(HttpResponseRedirect(url, status=HTTPStatus.SEE_OTHER))


def rolled_back(response: R) -> R:
    """Roll back what the request wrote in an organization; see support/guard.py."""
    response.rolls_back = True  # type: ignore[attr-defined]
    return response
