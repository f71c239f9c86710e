"""Services of users and their API tokens.

They run without a tenant: while one is active, the table of users has only its people.
"""

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record
from tenantry.context import tenant_context

from .managers import TokenOrganization
from .models import ApiToken, User

user_deactivating = Signal()
"""Sent in the transaction that deactivates `user`; a receiver may raise an error to prevent it."""

MAX_LIVE_TOKENS = 50  # of a user in an organization


@tenant_context(None)
def user_check(*, email: str, name: str, group: str | None = None) -> None:
    """Validate a new user before the password is known.

    Raises:
        ValidationError: by field.
    """
    User(email=email, name=name).full_clean({"password"})
    if group is not None:
        find_group(group)


@tenant_context(None)
def user_create(
    *, email: str, name: str, password: str, is_staff: bool = False, group: str | None = None
) -> User:
    """Create a user.

    Args:
        group: the group of a staff user, with its permissions in the admin.

    Raises:
        ValidationError: by field, for example a used email, a weak password or an unknown group.
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
    return user


def find_group(name: str) -> Group:
    """Return the group, or raise ValidationError with the names of all groups."""
    try:
        return Group.objects.get(name=name)
    except Group.DoesNotExist:
        names = ", ".join(Group.objects.order_by("name").values_list("name", flat=True))
        raise ValidationError(f"Group {name!r} does not exist. Choose one of: {names}.") from None


@tenant_context(None)
def find_user(email: str) -> User:
    """Return the user with that email in any case, or raise ValidationError."""
    try:
        return User.objects.get_by_natural_key(email)
    except User.DoesNotExist:
        raise ValidationError(
            f"User {email!r} does not exist. Create it with create_user."
        ) from None


@tenant_context(None)
def user_deactivate(*, user: User) -> User:
    """Deactivate a user; sign-in, sessions and tokens fail from the next request on.

    Raises:
        DomainError: a receiver of `user_deactivating` prevents it.
    """
    with transaction.atomic():
        user_deactivating.send(User, user=user)
        return _set_active(user, AuditAction.USER_DEACTIVATED, is_active=False)


@tenant_context(None)
def user_reactivate(*, user: User) -> User:
    """Reactivate a user; their unexpired tokens work again."""
    return _set_active(user, AuditAction.USER_REACTIVATED, is_active=True)


def _set_active(user: User, action: AuditAction, *, is_active: bool) -> User:
    with transaction.atomic():
        if User.objects.filter(pk=user.pk).exclude(is_active=is_active).update(is_active=is_active):
            record(action, subject=user)
    user.is_active = is_active
    return user


@tenant_context(None)
def token_issue(*, user: User, organization: TokenOrganization) -> tuple[ApiToken, str]:
    """Issue a token for an organization; the oldest token over MAX_LIVE_TOKENS is revoked.

    Returns:
        The token and its plaintext, which is not stored.
    """
    with transaction.atomic():
        # Serializes sign-ins, and waits for a membership of the user that is being deleted.
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        _revoke_oldest(user, organization)
        token, plaintext = ApiToken.objects.issue(user=user, organization=organization)
        record(
            AuditAction.TOKEN_ISSUED,
            organization=organization,
            subject=user,
            actor=user,
            token=token.pk,
        )
    return token, plaintext


def _revoke_oldest(user: User, organization: TokenOrganization) -> None:
    live = ApiToken.objects.filter(
        user=user, organization_id=organization.pk, expiry__gt=timezone.now()
    ).select_related("user", "organization")
    for token in live.order_by("-pk")[MAX_LIVE_TOKENS - 1 :]:
        token_revoke(token=token, actor=user, reason=f"More than {MAX_LIVE_TOKENS} live tokens.")


def token_revoke(*, token: ApiToken, actor: User | None = None, reason: str = "") -> None:
    """Delete a token, which fails from the next request on.

    Args:
        actor: the user who revokes it; by default the user of the current request.
    """
    with transaction.atomic():
        deleted, _ = ApiToken.objects.filter(pk=token.pk).delete()
        if deleted:  # Otherwise a concurrent request deleted and recorded it.
            record(
                AuditAction.TOKEN_REVOKED,
                organization=token.organization,
                subject=token.user,
                actor=actor,
                reason=reason,
                token=token.pk,
            )
