"""What a service refuses, shown on the page that asked."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.admin import ModelAdmin

from shared_apps.api.constraints import unique_violation
from shared_apps.api.errors import DomainError

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

    def unless_refused(
        self, request: HttpRequest, view: Callable[[], HttpResponse]
    ) -> HttpResponse:
        """Return the view's answer; what it is refused becomes a message on the same page."""
        try:
            return view()
        except DomainError as refusal:
            text = refusal.detail
        except ValidationError as error:
            text = " ".join(error.messages)
        except IntegrityError as error:
            # Two took the same value at once: their forms could not know.
            taken = unique_violation(error)
            if taken is None:
                raise
            text = " ".join(taken.messages)
        self.message_user(request, text, messages.ERROR)
        return refused(request.get_full_path())


def refused(url: str) -> HttpResponse:
    """Lead from what was refused to a page; by 303, since 302 answers what was done."""
    return keeping_nothing(HttpResponseRedirect(url, status=HTTPStatus.SEE_OTHER))


def keeping_nothing(response: R) -> R:
    """Let what the request wrote in an organization be rolled back."""
    response.keeps_nothing = True  # type: ignore[attr-defined]
    return response
