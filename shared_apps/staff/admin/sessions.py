"""The admin of browser sessions."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from shared_apps.staff.errors import AtomicActions
from shared_apps.users.models import SignInSession
from shared_apps.users.sessions import session_end

from .base import AuditedAdmin


@admin.register(SignInSession)
class SignInSessionAdmin(AtomicActions, AuditedAdmin):
    """Where users are signed in. Deleting a session signs that browser out."""

    show_full_result_count = False
    list_display = ("user", "device", "address", "last_used", "created_at")
    list_select_related = ("user",)
    search_fields = ("user__email", "user__name", "address")
    fields = readonly_fields = (
        "user",
        "organization",
        "device",
        "address",
        "last_used",
        "created_at",
    )

    def audit_filter(self, obj: SignInSession) -> dict[str, str]:
        return {"subject": obj.user.email}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: SignInSession | None = None) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: SignInSession) -> None:
        session_end(session=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[SignInSession, Any]) -> None:
        for session in queryset.select_related("user"):
            session_end(session=session)
