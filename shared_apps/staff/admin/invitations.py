"""The admin of invitations."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from shared_apps.organizations import invitations
from shared_apps.organizations.models import Invitation
from shared_apps.organizations.roles import Role
from shared_apps.staff.errors import AtomicActions

from .base import AuditedAdmin

Invitations = QuerySet[Invitation, Any]

_LOCK_ORDER = ("organization_id", "pk")  # Each one locks its organization; see memberships.py.


@admin.register(Invitation)
class InvitationAdmin(AtomicActions, AuditedAdmin):
    """Adding one sends the mail. Deleting one stops the link in the mail immediately."""

    show_full_result_count = False
    secret_fields = ("token_digest",)
    list_display = ("email", "organization", "role", "invited_by", "created_at", "expires_at")
    list_filter = ("role",)
    list_select_related = ("organization", "inviter__user", "key")
    search_fields = ("email", "organization__schema_name", "organization__name")
    autocomplete_fields = ("organization",)
    fields = ("organization", "email", "role")
    actions = ("resend",)

    def audit_filter(self, obj: Invitation) -> dict[str, str]:
        return {"schema_name": obj.organization.schema_name, "subject": obj.email}

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return False

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request)  # type: ignore[no-any-return]

    @admin.display(ordering="inviter__user__email")
    def invited_by(self, invitation: Invitation) -> str:
        if invitation.inviter:
            return str(invitation.inviter.user)
        return f"key {invitation.key.name}" if invitation.key else "staff"

    def save_model(
        self, request: HttpRequest, obj: Invitation, form: forms.ModelForm[Any], change: bool
    ) -> None:
        created = invitations.invitation_create(
            organization=obj.organization, email=obj.email, role=Role(obj.role), actor=None
        )
        obj.pk = created.pk

    def delete_model(self, request: HttpRequest, obj: Invitation) -> None:
        invitations.invitation_revoke(invitation=obj, actor=None)

    def delete_queryset(self, request: HttpRequest, queryset: Invitations) -> None:
        for invitation in queryset.order_by(*_LOCK_ORDER):
            invitations.invitation_revoke(invitation=invitation, actor=None)

    @admin.action(description="Send selected invitations again", permissions=["resend"])
    def resend(self, request: HttpRequest, queryset: Invitations) -> None:
        for invitation in queryset.order_by(*_LOCK_ORDER):
            invitations.invitation_resend(invitation=invitation, actor=None)
        self.message_user(request, f"{len(queryset)} invitations sent again.")
