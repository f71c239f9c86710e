"""Services of organizations and memberships.

Those of memberships run without a tenant: while one is active, the table of users has only its
people.
"""

from copy import copy

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.dispatch import Signal

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record
from shared_apps.core.constraints import constraint_violation
from shared_apps.core.errors import DomainError
from shared_apps.users.models import User
from shared_apps.users.services import tokens_revoke
from tenantry.context import tenant_context
from tenantry.errors import (
    SchemaCreationFailed,
    SchemaExists,
    TableNamesTaken,
    TablesMissing,
    TooManyLocks,
)
from tenantry.provisioning import create_schema

from .actors import Actor, membership_now, organization_lock, require_may_manage
from .models import Invitation, Membership, Organization, OwnershipOffer
from .owners import require_another_owner
from .roles import Role

Status = Organization.Status

membership_written = Signal()
"""Sent in the transaction of the change, with the `membership` and the AuditAction `action`."""


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
        raise _deactivated()
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
            # The schema takes a while, in which the owner may be deactivated.
            active = User.objects.filter(pk=owner.pk, is_active=True)
            if not active.select_for_update(no_key=True).exists():
                raise _deactivated()
            membership_create(user=owner, organization=organization, role=Role.OWNER)
    except SchemaExists as error:
        raise ValidationError({"schema_name": str(error)}) from error
    except (SchemaCreationFailed, TableNamesTaken, TablesMissing, TooManyLocks) as error:
        raise DomainError("schema_not_created", str(error)) from error
    except IntegrityError as error:
        raise constraint_violation(error) or error from error
    return organization


def _deactivated() -> ValidationError:
    return ValidationError({"owner": "A deactivated user cannot own an organization."})


def organization_change(
    *,
    organization: Organization,
    name: str | None = None,
    currency: str | None = None,
    second_factor_required: bool | None = None,
    actor: Membership | None = None,
) -> Organization:
    """Change settings of an organization; None leaves one unchanged.

    Args:
        currency: an ISO 4217 code.
        second_factor_required: whether members need a second factor, from their next request on.
        actor: the owner who changes it; None for staff.

    Raises:
        ValidationError: by field.
        DomainError: 403 `permission_denied` or `not_a_member`.
    """
    given = {
        "name": name,
        "currency": currency,
        "second_factor_required": second_factor_required,
    }
    changes = {field: value for field, value in given.items() if value is not None}
    for field, value in changes.items():
        setattr(organization, field, value)
    organization.full_clean()
    differs = Organization.objects.filter(pk=organization.pk).exclude(**changes)
    with transaction.atomic():
        organization_lock(organization.pk)
        require_may_manage(actor, Role.OWNER)
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
            _announce(membership, AuditAction.MEMBERSHIP_CREATED)
    except IntegrityError as error:
        raise constraint_violation(error) or error from error
    return membership


@tenant_context(None)
def membership_change(*, membership: Membership, role: Role, actor: Actor = None) -> Membership:
    """Change a member's role, from their next request on.

    Args:
        actor: who changes it; None for staff and commands.

    Raises:
        DomainError: 403 `permission_denied`; 404 `not_found`; 409 `last_owner`, if the organization
            would have no active owner.
    """
    with transaction.atomic():
        organization_lock(membership.organization_id)
        stored = membership_now(membership)
        require_may_manage(actor, stored.role, role)
        if role != Role.OWNER:
            require_another_owner(stored.organization_id, without=stored.user)
        membership.role = role
        if stored.role != role:
            Membership.objects.filter(pk=stored.pk).update(role=role)
            _end_offers(stored)
            record(
                AuditAction.MEMBERSHIP_CHANGED,
                organization=stored.organization,
                subject=stored.user,
                role=role,
            )
            _announce(membership, AuditAction.MEMBERSHIP_CHANGED)
    return membership


def _end_offers(membership: Membership) -> None:
    """End offers of ownership by and to this member, which were meant for the role until now."""
    OwnershipOffer.objects.filter(Q(by=membership) | Q(to=membership)).delete()


@tenant_context(None)
def membership_remove(*, membership: Membership, actor: Actor = None) -> None:
    """End a membership; the user loses access with the next request.

    Their tokens for the organization and the invitations that they made end with it.

    Args:
        actor: who ends it, or the member who leaves; None for staff and commands.

    Raises:
        DomainError: 403 `permission_denied`; 404 `not_found`; 409 `last_owner`, if the organization
            would have no active owner.
    """
    with transaction.atomic():
        organization = organization_lock(membership.organization_id)
        stored = membership_now(membership)
        if actor != stored:  # Every member may leave.
            require_may_manage(actor, stored.role)
        require_another_owner(stored.organization_id, without=stored.user)
        record(
            AuditAction.MEMBERSHIP_REMOVED,
            organization=organization,
            subject=stored.user,
            role=stored.role,
        )
        _end_offers(stored)
        invitations_end(
            invitations=Invitation.objects.filter(inviter=stored),
            reason=f"{stored.user} is no longer a member.",
        )
        tokens_revoke(membership=stored)
        removed = copy(membership)  # delete() removes its key.
        membership.delete()
        _announce(removed, AuditAction.MEMBERSHIP_REMOVED)


def invitations_end(*, invitations: QuerySet[Invitation], reason: str) -> None:
    """Delete invitations when their inviter ends, after `organization_lock`."""
    for invitation in invitations.select_related("organization"):
        invitation.delete()
        record(
            AuditAction.INVITATION_REVOKED,
            organization=invitation.organization,
            subject=invitation,
            reason=reason,
        )


def _announce(membership: Membership, action: AuditAction) -> None:
    membership_written.send(Membership, membership=membership, action=action)


def find_organization(schema_name: str) -> Organization:
    """Return the organization, or raise ValidationError."""
    try:
        return Organization.objects.get(schema_name=schema_name)
    except Organization.DoesNotExist:
        raise ValidationError(f"Organization {schema_name!r} does not exist.") from None
