"""The read-only admin of support sessions."""

from django.contrib import admin

from shared_apps.staff.models import SupportSession

from .base import ReadOnlyAdmin


@admin.register(SupportSession)
class SupportSessionAdmin(ReadOnlyAdmin):
    list_display = ("user", "organization", "reason", "read_only", "started_at", "ended_at")
    list_filter = ("read_only",)
    list_select_related = ("user", "organization")
    search_fields = ("user__email", "organization__schema_name", "reason")
    date_hierarchy = "started_at"

    def audit_filter(self, obj: SupportSession) -> dict[str, str]:
        return {"schema_name": obj.organization.schema_name, "actor": obj.user.email}
