"""The admin of webhooks: staff read them, and can switch one off.

A message contains data of the organization, so it is not shown.
"""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from shared_apps.staff.errors import AtomicActions
from shared_apps.staff.pagination import BoundedPaginator
from shared_apps.webhooks.models import Delivery, Endpoint
from shared_apps.webhooks.services import webhook_switch_off

from .base import ReadOnlyAdmin

STATUSES = {
    Delivery.Status.WAITING: "info",
    Delivery.Status.DELIVERED: "success",
    Delivery.Status.FAILED: "danger",
}


@admin.register(Endpoint)
class EndpointAdmin(AtomicActions, ReadOnlyAdmin):
    list_display = ("schema_name", "url", "is_enabled", "failing_since", "failures", "created_at")
    list_display_links = ("schema_name", "url")
    list_filter = ("is_enabled", "is_slow", ("failing_since", admin.EmptyFieldListFilter))
    search_fields = ("schema_name", "url")
    fields = (
        ("schema_name", "url"),
        "events",
        ("is_enabled", "is_slow"),
        ("failures", "failing_since", "retry_at"),
        ("old_secret_until", "created_at"),
    )
    actions = ("switch_off",)

    def audit_filter(self, obj: Endpoint) -> dict[str, str]:
        return {"schema_name": obj.schema_name, "subject": obj.url[:254]}

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Reject `?secret__startswith=`, which could find the text letter by letter."""
        allowed: bool = super().lookup_allowed(lookup, value, request)
        return allowed and "secret" not in lookup

    def has_switch_off_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("tenantry_webhooks.change_endpoint")

    @admin.action(description="Switch off selected webhooks", permissions=["switch_off"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[Endpoint, Any]) -> None:
        for endpoint in queryset:
            webhook_switch_off(endpoint=endpoint, reason="Switched off by staff.")
        self.message_user(request, "The selected webhooks are switched off.")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    paginator = BoundedPaginator
    show_facets = admin.ShowFacets.NEVER
    list_display = ("event", "subject", "endpoint", "shown_status", "attempts", "created_at")
    list_filter = ("status", "error")
    list_select_related = ("endpoint",)
    search_fields = ("endpoint__schema_name", "endpoint__url", "=subject")
    search_help_text = "Organization, URL, or an object such as member:17"
    fields = (
        ("event", "subject", "message_id"),
        "endpoint",
        ("status", "attempts", "due_at"),
        ("created_at", "attempted_at"),
        ("error", "response_status", "response_ms"),
        "response",
    )

    def audit_filter(self, obj: Delivery) -> dict[str, str]:
        return {"schema_name": obj.endpoint.schema_name, "subject": obj.endpoint.url[:254]}

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Reject `?body__contains=` and `?endpoint__secret__startswith=`."""
        allowed: bool = super().lookup_allowed(lookup, value, request)
        return allowed and not lookup.startswith("body") and "secret" not in lookup

    @display(description="Status", label=STATUSES, ordering="status")
    def shown_status(self, delivery: Delivery) -> tuple[str, str]:
        return delivery.status, delivery.get_status_display()
