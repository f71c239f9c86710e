"""What can be done with organizations and their members, for commands, admin and API alike."""

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record
from shared_apps.core.constraints import constraint_violation
from shared_apps.core.errors import DomainError
from shared_apps.users.models import User
from tenantry.errors import (
    SchemaCreationFailed,
    SchemaExists,
    TableNamesTaken,
    TablesMissing,
    TooManyLocks,
)
from tenantry.schemas.provisioning import create_schema

from .models import Membership, Organization
from .owners import keep_an_owner
from .roles import Role

Status = Organization.Status


def organization_create(
    *, schema_name: str, name: str, owner: User, currency: str = "EUR"
) -> Organization:
    """Create an organization, its schema and its owner's membership: all of it or nothing.

    Args:
        currency: three letters, as in ISO 4217.

    Raises:
        ValidationError: naming the fields that are wrong, a taken schema name among them.
        DomainError: `schema_not_created`, when a migration or the server stands in the way.

    Returns:
        The organization, whose `provisioned` says how the schema was made.
    """
    organization = Organization(schema_name=schema_name, name=name, currency=currency)
    # The database alone knows whether the name is free, also where two take it at once.
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
    """Change the name or the currency of an organization; what is None stays.

    Raises:
        ValidationError: naming the fields that are wrong.
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
    """Shut the members out, from their next request on; nothing of theirs is touched.

    Raises:
        DomainError: 409 `organization_status`, when it is not active.
    """
    return _move(organization, AuditAction.ORGANIZATION_SUSPENDED, reason)


def organization_resume(*, organization: Organization, reason: str = "") -> Organization:
    """Let the members in again, from their next request on.

    Raises:
        DomainError: 409 `organization_status`, when it is active.
    """
    return _move(organization, AuditAction.ORGANIZATION_RESUMED, reason)


def organization_archive(*, organization: Organization, reason: str = "") -> Organization:
    """Put an organization away; its data stays, and `organization_resume` brings it back.

    Raises:
        DomainError: 409 `organization_status`, when it is archived.
    """
    return _move(organization, AuditAction.ORGANIZATION_ARCHIVED, reason)


# From which status each action leads to which.
_MOVES = {
    AuditAction.ORGANIZATION_SUSPENDED: ((Status.ACTIVE,), Status.SUSPENDED),
    AuditAction.ORGANIZATION_RESUMED: ((Status.SUSPENDED, Status.ARCHIVED), Status.ACTIVE),
    AuditAction.ORGANIZATION_ARCHIVED: ((Status.ACTIVE, Status.SUSPENDED), Status.ARCHIVED),
}


def _move(organization: Organization, action: AuditAction, reason: str) -> Organization:
    """Change the status; of two changes at once, one wins."""
    before, after = _MOVES[action]
    with transaction.atomic():
        claimed = Organization.objects.filter(pk=organization.pk, status__in=before)
        if not claimed.update(status=after):
            raise DomainError(
                "organization_status",
                f"{organization} is not {' or '.join(before)}: nothing changed.",
            )
        record(action, organization=organization, reason=reason)
    organization.status = after
    return organization


def membership_create(
    *, user: User, organization: Organization, role: Role = Role.MEMBER
) -> Membership:
    """Make a user a member.

    Raises:
        ValidationError: when the user already is one.
    """
    membership = Membership(user=user, organization=organization, role=role)
    # The database checks its constraints anyway, also where two do this at once.
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


def membership_change(*, membership: Membership, role: Role) -> Membership:
    """Give a member another role, from their next request on.

    Raises:
        DomainError: 409 `last_owner`, when the organization would be left without an owner.
    """
    differs = Membership.objects.filter(pk=membership.pk).exclude(role=role)
    with transaction.atomic():
        if role != Role.OWNER:
            keep_an_owner(membership.organization_id, without=membership.user)
        if differs.update(role=role):
            record(
                AuditAction.MEMBERSHIP_CHANGED,
                organization=membership.organization,
                subject=membership.user,
                role=role,
            )
    membership.role = role
    return membership


def membership_remove(*, membership: Membership) -> None:
    """Shut a user out of an organization, from their next request on.

    Raises:
        DomainError: 409 `last_owner`, when the organization would be left without an owner.
    """
    with transaction.atomic():
        keep_an_owner(membership.organization_id, without=membership.user)
        record(
            AuditAction.MEMBERSHIP_REMOVED,
            organization=membership.organization,
            subject=membership.user,
            role=membership.role,
        )
        membership.delete()


def user_check(
    *, email: str, name: str, schema_name: str | None = None, group: str | None = None
) -> None:
    """Refuse what `user_create` would refuse, before the password is asked for.

    Raises:
        ValidationError: naming the fields that are wrong.
    """
    User(email=email, name=name).full_clean({"password"})
    if schema_name is not None:
        find_organization(schema_name)
    if group is not None:
        find_group(group)


def user_create(
    *,
    email: str,
    name: str,
    password: str,
    is_staff: bool = False,
    group: str | None = None,
    schema_name: str | None = None,
    role: Role = Role.MEMBER,
) -> User:
    """Create a user and, where an organization is named, their membership: both or neither.

    Args:
        group: of staff; the user gets its permissions in the admin.

    Raises:
        ValidationError: naming the fields that are wrong; an unknown organization or group, a taken
            email and a weak password among them.
    """
    validate_password(password)
    with transaction.atomic():
        user = User.objects.create_user(email, password, name=name, is_staff=is_staff)
        groups = [] if group is None else [find_group(group)]
        user.groups.set(groups)
        record(
            AuditAction.USER_CREATED,
            subject=user,
            is_staff=is_staff,
            groups=[each.name for each in groups],
        )
        if schema_name is not None:
            organization = find_organization(schema_name)
            membership_create(user=user, organization=organization, role=role)
    return user


def find_group(name: str) -> Group:
    """Return the group of staff of that name.

    Raises:
        ValidationError: when there is none, naming those that there are.
    """
    try:
        return Group.objects.get(name=name)
    except Group.DoesNotExist:
        names = ", ".join(Group.objects.order_by("name").values_list("name", flat=True))
        raise ValidationError(f"There is no group {name!r}; there are: {names}.") from None


def find_organization(schema_name: str) -> Organization:
    """Return the organization of that schema.

    Raises:
        ValidationError: when there is none.
    """
    try:
        return Organization.objects.get(schema_name=schema_name)
    except Organization.DoesNotExist:
        raise ValidationError(f"There is no organization {schema_name!r}.") from None


def find_user(email: str) -> User:
    """Return the user with that email, in whatever case.

    Raises:
        ValidationError: when there is none.
    """
    try:
        return User.objects.get_by_natural_key(email)
    except User.DoesNotExist:
        raise ValidationError(f"There is no user {email!r}.") from None
