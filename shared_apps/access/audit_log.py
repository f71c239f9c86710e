"""What an organization sees of its own audit log."""

from django.db.models import BooleanField, Case, Exists, OuterRef, Q, QuerySet, Value, When

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.models import Organization
from shared_apps.users.models import User

_BY_SUPPORT = "support."  # How the actions of support sessions begin.

_INTERNAL = [AuditAction.ORGANIZATION_MIGRATED]
"""Actions with data of the platform, such as an error of a migration."""


def entries_of(organization: Organization) -> QuerySet[AuditEntry]:
    """Return the organization's entries, newest first.

    Each has `is_by_support`, `hides_data` and `hides_address`: who of the platform's staff acted
    is the organization's business, and the networks they work in are not.
    """
    staff = Exists(User.objects.filter(pk=OuterRef("actor_id"), is_staff=True))
    entries = AuditEntry.objects.filter(schema_name=organization.schema_name)
    return entries.annotate(
        hides_address=_true_if(Q(staff) | Q(action__startswith=_BY_SUPPORT)),
        is_by_support=_true_if(Q(action__startswith=_BY_SUPPORT)),
        hides_data=_true_if(Q(action__in=_INTERNAL)),
    ).order_by("-id")


def _true_if(condition: Q) -> Case:
    return Case(
        When(condition, then=Value(True)), default=Value(False), output_field=BooleanField()
    )
