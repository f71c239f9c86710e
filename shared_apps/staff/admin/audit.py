"""The read-only admin of the audit log."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.models import AuditEntry

from .base import ReadOnlyAdmin


class ActionFilter(admin.SimpleListFilter):
    """Filters by action; the choices come from `AuditAction`, without a query."""

    title = "action"
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return AuditAction.choices

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry, Any]
    ) -> QuerySet[AuditEntry, Any]:
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "shown_action", "actor", "schema_name", "subject", "reason", "address")
    list_display_links = ("at", "shown_action")
    list_filter = (ActionFilter,)
    search_fields = ("actor", "schema_name", "subject", "reason")
    date_hierarchy = "at"
    fields = (
        "at",
        "shown_action",
        "actor",
        "address",
        "schema_name",
        "subject",
        "reason",
        "pretty_data",
    )

    def audit_filter(self, obj: AuditEntry) -> dict[str, str]:
        return {"schema_name": obj.schema_name, "subject": obj.subject}

    @admin.display(description="Action", ordering="action")
    def shown_action(self, entry: AuditEntry) -> str:
        return entry.action_in_words

    @admin.display(description="Data")
    def pretty_data(self, entry: AuditEntry) -> str:
        return format_html("<pre>{}</pre>", json.dumps(entry.data, indent=2, ensure_ascii=False))
