"""What the admin of every part of the platform has in common."""

from typing import Any, TypeVar
from urllib.parse import urlencode

from django.contrib.admin.utils import unquote
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.admin import TabularInline

from shared_apps.audit.models import AuditEntry
from shared_apps.staff.errors import ErrorsAsMessages

M = TypeVar("M", bound=Model)

HISTORY = 20
"""So many of the newest audit entries stand on a row's own page; the others are a link away."""


class AuditedAdmin(ErrorsAsMessages):
    """The page "History" of a row shows its audit entries, members' changes included."""

    object_history_template: Any = "staff/history.html"

    def audited_as(self, obj: Any) -> dict[str, str]:
        """Return the fields of audit entries about this row, with their values."""
        raise NotImplementedError

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        obj = self.get_object(request, unquote(object_id))
        if obj is not None and request.user.has_perm("tenantry_audit.view_auditentry"):
            about = self.audited_as(obj)
            log = f"{reverse('admin:tenantry_audit_auditentry_changelist')}?{urlencode(about)}"
            entries = AuditEntry.objects.filter(**about)[:HISTORY]
            extra_context = {"log": log, "entries": entries, **(extra_context or {})}
        return super().history_view(request, object_id, extra_context)  # type: ignore[no-any-return]


class KeptAdmin(AuditedAdmin):
    """Rows that other rows and logs refer to: they are never deleted."""

    show_full_result_count = False  # Counting all, beside what was found, is a query more.

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(KeptAdmin):
    """Rows that nobody makes or changes by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyInline(TabularInline):
    """Rows listed below the one they belong to, each with a link to its own page."""

    extra = 0
    per_page = 50
    show_change_link = True
    can_delete = False
    hide_title = True  # It would repeat the first columns.

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
