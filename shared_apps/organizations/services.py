"""Services of organizations and memberships.

Those of memberships run without a tenant: while one is active, the table of users has only its
people.
"""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record
from shared_apps.core.constraints import constraint_violation
from shared_apps.core.errors import DomainError
from shared_apps.users.models import User
from tenantry.context import tenant_context
from tenantry.errors import (
    SchemaCreationFailed,
    SchemaExists,
    TableNamesTaken,
    TablesMissing,
    TooManyLocks,
)
from tenantry.provisioning import create_schema

from .models import Membership, Organization
from .owners import require_another_owner
from .roles import Role

Status = Organization.Status


def organization_create(
    *, schema_name: str, name: str, owner: User, currency: str = "EUR"
) -> Organization:
    """Create an organization, its schema and its owner's membership in one transaction.

    Args:
        currency: an ISO 4217 code.

    Raises:
        ValidationError: by field, for example a used schema name.
        DomainError: `schema_not_created`, because of a migration or the server.

    Returns:
        The organization, with `provisioned` set.
    """
    organization = Organization(schema_name=schema_name, name=name, currency=currency)
    # PostgreSQL checks that the name is free, also for concurrent calls.
    organization.full_clean(validate_unique=False, validate_constraints=False)
    if not owner.is_active:
        raise ValidationError({"owner": "A deactivated user cannot own an organization."})
    try:
        with transaction.atomic():
            organization.save()
            organization.provisioned = create_schema(schema_name)
            record(
                AuditAction.ORGANIZATION_CREATED,
                organization=organization,
                name=name,
                currency=currency,
            )
            membership_create(user=owner, organization=organization, role=Role.OWNER)
    except SchemaExists as error:
        raise ValidationError({"schema_name": str(error)}) from error
    except (SchemaCreationFailed, TableNamesTaken, TablesMissing, TooManyLocks) as error:
        raise DomainError("schema_not_created", str(error)) from error
    except IntegrityError as error:
        raise constraint_violation(error) or error from error
    return organization


def organization_change(
    *, organization: Organization, name: str | None = None, currency: str | None = None
) -> Organization:
    """Change the name or the currency; None leaves a field unchanged.

    Raises:
        ValidationError: by field.
    """
    given = {"name": name, "currency": currency}
    changes = {field: value for field, value in given.items() if value is not None}
    for field, value in changes.items():
        setattr(organization, field, value)
    organization.full_clean()
    differs = Organization.objects.filter(pk=organization.pk).exclude(**changes)
    with transaction.atomic():
        if changes and differs.exists():
            organization.save(update_fields=list(changes))
            record(AuditAction.ORGANIZATION_CHANGED, organization=organization, changes=changes)
    return organization


def organization_suspend(*, organization: Organization, reason: str = "") -> Organization:
    """Deny access to all members, from their next request on. No data is changed.

    Raises:
        DomainError: 409 `organization_status`, if it is not active.
    """
    return _change_status(organization, AuditAction.ORGANIZATION_SUSPENDED, reason)


def organization_resume(*, organization: Organization, reason: str = "") -> Organization:
    """Give members access again, from their next request on.

    Raises:
        DomainError: 409 `organization_status`, if it is active.
    """
    return _change_status(organization, AuditAction.ORGANIZATION_RESUMED, reason)


def organization_archive(*, organization: Organization, reason: str = "") -> Organization:
    """Archive an organization. Its data stays; `organization_resume` restores access.

    Raises:
        DomainError: 409 `organization_status`, if it is archived.
    """
    return _change_status(organization, AuditAction.ORGANIZATION_ARCHIVED, reason)


# Each action's allowed statuses before, and its status after.
_TRANSITIONS = {
    AuditAction.ORGANIZATION_SUSPENDED: ((Status.ACTIVE,), Status.SUSPENDED),
    AuditAction.ORGANIZATION_RESUMED: ((Status.SUSPENDED, Status.ARCHIVED), Status.ACTIVE),
    AuditAction.ORGANIZATION_ARCHIVED: ((Status.ACTIVE, Status.SUSPENDED), Status.ARCHIVED),
}


def _change_status(organization: Organization, action: AuditAction, reason: str) -> Organization:
    """Change the status; one of two concurrent changes fails."""
    before, after = _TRANSITIONS[action]
    with transaction.atomic():
        claimed = Organization.objects.filter(pk=organization.pk, status__in=before)
        if not claimed.update(status=after):
            raise DomainError(
                "organization_status",
                f"Nothing was changed: {organization} is not {' or '.join(before)}.",
            )
        record(action, organization=organization, reason=reason)
    organization.status = after
    return organization


@tenant_context(None)
def membership_create(
    *, user: User, organization: Organization, role: Role = Role.MEMBER
) -> Membership:
    """Make a user a member.

    Raises:
        ValidationError: the user is already a member.
    """
    membership = Membership(user=user, organization=organization, role=role)
    # PostgreSQL checks the constraints, also for concurrent calls.
    membership.full_clean({"organization"}, validate_constraints=False)
    try:
        with transaction.atomic():
            membership.save()
            record(
                AuditAction.MEMBERSHIP_CREATED, organization=organization, subject=user, role=role
            )
    except IntegrityError as error:
        raise constraint_violation(error) or error from error
    return membership


@tenant_context(None)
def membership_change(*, membership: Membership, role: Role) -> Membership:
    """Change a member's role, from their next request on.

    Raises:
        DomainError: 409 `last_owner`, if the organization would have no active owner.
    """
    differs = Membership.objects.filter(pk=membership.pk).exclude(role=role)
    with transaction.atomic():
        if role != Role.OWNER:
            require_another_owner(membership.organization_id, without=membership.user)
        if differs.update(role=role):
            record(
                AuditAction.MEMBERSHIP_CHANGED,
                organization=membership.organization,
                subject=membership.user,
                role=role,
            )
    membership.role = role
    return membership


@tenant_context(None)
def membership_remove(*, membership: Membership) -> None:
    """End a membership; the user loses access with the next request.

    Raises:
        DomainError: 409 `last_owner`, if the organization would have no active owner.
    """
    with transaction.atomic():
        require_another_owner(membership.organization_id, without=membership.user)
        record(
            AuditAction.MEMBERSHIP_REMOVED,
            organization=membership.organization,
            subject=membership.user,
            role=membership.role,
        )
        membership.delete()


def find_organization(schema_name: str) -> Organization:
    """Return the organization, or raise ValidationError."""
    try:
        return Organization.objects.get(schema_name=schema_name)
    except Organization.DoesNotExist:
        raise ValidationError(f"Organization {schema_name!r} does not exist.") from None
