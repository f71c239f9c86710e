"""What a service refuses, shown on the page that asked."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.admin import ModelAdmin

from shared_apps.api.errors import DomainError


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
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)  # type: ignore[no-any-return]
        except DomainError as refusal:
            self.message_user(request, refusal.detail, messages.ERROR)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
        return redirect(request.get_full_path())
