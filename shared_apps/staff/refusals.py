"""What a service refuses, shown on the page that asked."""

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


class RefusalsAsMessages(ModelAdmin):
    """An admin whose `save_model()` calls services.

    What can be known beforehand is an error on the form. What only the service finds out, because
    somebody else was faster, say, becomes a message, and nothing is called a success.
    """

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        view = super().changeform_view
        return self.unless_refused(
            request, lambda: view(request, object_id, form_url, extra_context)
        )

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        view = super().delete_view
        return self.unless_refused(request, lambda: view(request, object_id, extra_context))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save what was changed; a form sent as it came writes nothing."""
        if form.has_changed() or not change:
            super().save_model(request, obj, form, change)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Write the admin log, unless nothing was changed."""
        return super().log_change(request, obj, message) if message else None

    def unless_refused(
        self, request: HttpRequest, view: Callable[[], HttpResponse]
    ) -> HttpResponse:
        """Return the view's answer; what it is refused becomes a message on the same page."""
        try:
            return view()
        except (DomainError, ValidationError, IntegrityError) as error:
            domain_error = as_domain_error(error)
            if domain_error is None:
                raise
        self.message_user(request, domain_error.detail, messages.ERROR)
        return refused(request.get_full_path())


class AllOrNothing(RefusalsAsMessages):
    """An admin whose actions call services for several rows."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Do to all rows what an action or the list's form asks, or to none when one is refused."""
        view = super().changelist_view
        return self.unless_refused(
            request, lambda: transaction.atomic(view)(request, extra_context)
        )


def refused(url: str) -> HttpResponse:
    """Lead from what was refused to a page; by 303, since 302 answers what was done."""
    return keeping_nothing(HttpResponseRedirect(url, status=HTTPStatus.SEE_OTHER))


def keeping_nothing(response: R) -> R:
    """Let what the request wrote in an organization be rolled back."""
    response.keeps_nothing = True  # type: ignore[attr-defined]
    return response
