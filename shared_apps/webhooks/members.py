"""Events of members; the app of organizations, which is below this one, sends a signal."""

from typing import Any

from django.dispatch import receiver

from shared_apps.audit.actions import AuditAction
from shared_apps.organizations.models import Membership
from shared_apps.organizations.services import membership_written

from .events import Event

EVENTS = {
    AuditAction.MEMBERSHIP_CREATED: Event("member.added"),
    AuditAction.MEMBERSHIP_CHANGED: Event("member.changed"),
    AuditAction.MEMBERSHIP_REMOVED: Event("member.removed"),
}


@receiver(membership_written)
def emit_member(membership: Membership, action: AuditAction, **_: Any) -> None:
    schema_name = membership.organization.schema_name
    EVENTS[action].emit(membership.pk, member_shown(membership), schema_name=schema_name)


def member_shown(membership: Membership) -> dict[str, Any]:
    """Return the `data` of a member's event."""
    user = membership.user
    return {
        "id": membership.pk,
        "user": {"id": user.pk, "name": user.name, "email": user.email},
        "role": membership.role,
        "joined_at": membership.created_at,
    }
