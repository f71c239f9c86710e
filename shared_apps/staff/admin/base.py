"""Base classes of the platform's admin."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from shared_apps.audit.models import AuditEntry
from shared_apps.staff.errors import ErrorsAsMessages, redirect_after_error

MAX_CHOSEN = 100  # rows on a page and in one action
HISTORY = 20  # newest audit entries on a row's own page


class AuditedAdmin(ErrorsAsMessages):
    """The History page of a row shows its audit entries, including changes by members."""

    object_history_template: Any = "staff/history.html"
    secret_fields: tuple[str, ...] = ()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Reject `?digest__startswith=`, which could find the hash letter by letter."""
        allowed: bool = super().lookup_allowed(lookup, value, request)
        return allowed and not lookup.startswith(self.secret_fields)

    def audit_filter(self, obj: Any) -> dict[str, str]:
        """Return the filter that finds this row's audit entries."""
        raise NotImplementedError

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        obj = self.get_object(request, unquote(object_id))
        if obj is not None and request.user.has_perm("tenantry_audit.view_auditentry"):
            about = self.audit_filter(obj)
            log = f"{reverse('admin:tenantry_audit_auditentry_changelist')}?{urlencode(about)}"
            entries = AuditEntry.objects.filter(**about)[:HISTORY]
            extra_context = {"log": log, "entries": entries, **(extra_context or {})}
        return super().history_view(request, object_id, extra_context)  # type: ignore[no-any-return]


class UndeletableAdmin(AuditedAdmin):
    """Rows that are never deleted, because other rows and logs refer to them."""

    show_full_result_count = False  # It would cost one more query.

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class FewAtOnce(ErrorsAsMessages):
    """An admin class with actions for which the staff user waits."""

    list_per_page = MAX_CHOSEN

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        """Reject an action on more rows than a page shows."""
        every = request.POST.get("select_across") == "1"
        chosen = queryset.count() if every else len(request.POST.getlist(ACTION_CHECKBOX_NAME))
        if chosen <= MAX_CHOSEN:
            return super().response_action(request, queryset, *args, **kwargs)  # type: ignore[no-any-return]
        noun = self.opts.verbose_name_plural
        text = f"You selected {chosen} {noun}. Select at most {MAX_CHOSEN} for one action."
        self.message_user(request, text, messages.ERROR)
        return redirect_after_error(request.get_full_path())


class ReadOnlyAdmin(UndeletableAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
