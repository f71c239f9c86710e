"""The admin of memberships."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline

from shared_apps.organizations import services
from shared_apps.organizations.models import Membership
from shared_apps.organizations.roles import Role
from shared_apps.staff.errors import AtomicActions

from .base import AuditedAdmin


class MembershipInline(TabularInline):
    """Memberships on the page of an organization or a user, to read."""

    model = Membership
    extra = 0
    per_page = 50
    show_change_link = True
    can_delete = False
    hide_title = True  # It would repeat the first columns.

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership, Any]:
        memberships = super().get_queryset(request)
        return memberships.select_related("user", "organization")  # type: ignore[no-any-return]


@admin.register(Membership)
class MembershipAdmin(AtomicActions, AuditedAdmin):
    show_full_result_count = False
    list_display = ("user", "organization", "role", "created_at")
    list_filter = ("role",)
    list_select_related = ("user", "organization")
    search_fields = ("user__email", "user__name", "organization__schema_name", "organization__name")
    autocomplete_fields = ("user", "organization")

    def audit_filter(self, obj: Membership) -> dict[str, str]:
        return {"schema_name": obj.organization.schema_name, "subject": obj.user.email}

    def get_readonly_fields(
        self, request: HttpRequest, obj: Membership | None = None
    ) -> tuple[str, ...]:
        return ("user", "organization", "created_at") if obj else ()

    def save_model(
        self, request: HttpRequest, obj: Membership, form: forms.ModelForm[Any], change: bool
    ) -> None:
        role = Role(obj.role)
        if change:
            services.membership_change(membership=obj, role=role)
        else:
            created = services.membership_create(
                user=obj.user, organization=obj.organization, role=role
            )
            obj.pk = created.pk

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        services.membership_remove(membership=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Membership, Any]) -> None:
        # Each one locks its organization, in the order of `user_deactivate`.
        ordered = queryset.order_by("organization_id", "pk")
        for membership in ordered.select_related("user", "organization"):
            services.membership_remove(membership=membership)
