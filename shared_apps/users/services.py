"""Services of users and their API tokens.

They run without a tenant: while one is active, the table of users has only its people.
"""

from contextlib import suppress
from datetime import date, datetime
from http import HTTPStatus
from typing import Any, Protocol

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record
from shared_apps.core.addresses import address_key
from shared_apps.core.errors import DomainError
from tenantry.context import tenant_context

from .managers import TokenOrganization
from .models import ApiToken, User
from .sessions import sessions_end
from .verification import is_verified

user_deactivating = Signal()
"""Sent in the transaction that deactivates `user`; a receiver may raise an error to prevent it."""

MAX_LIVE_TOKENS = 50  # of sign-ins of a user in an organization


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


def owns_address(user: User, address: str) -> bool:
    """Return whether mail to the address, in any spelling, is known to reach this user."""
    return has_address(user, address) and is_verified(user)


def has_address(user: User, address: str) -> bool:
    """Return whether the address, in any spelling, is this user's, also if it is not verified."""
    with suppress(DomainError):  # Mail cannot reach one of the two.
        return address_key(user.email) == address_key(address)
    return False


@tenant_context(None)
def user_rename(*, user: User, name: str) -> User:
    """Change a user's name, also in the organizations that know them.

    Raises:
        ValidationError: for `name`.
    """
    user.name = name
    user.full_clean(validate_unique=False, validate_constraints=False)
    with transaction.atomic():
        if User.objects.filter(pk=user.pk).exclude(name=name).update(name=name):
            record(AuditAction.USER_CHANGED, subject=user, fields=["name"])
    return user


@tenant_context(None)
def user_deactivate(*, user: User) -> User:
    """Deactivate a user: their sessions end, and sign-in and tokens fail from the next request on.

    Raises:
        DomainError: a receiver of `user_deactivating` prevents it.
    """
    with transaction.atomic():
        user_deactivating.send(User, user=user)
        _set_active(user, AuditAction.USER_DEACTIVATED, is_active=False)
        sessions_end(user=user)
    return user


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
def user_unchanged(user: User) -> User | None:
    """Lock the user until the transaction ends, and read them again.

    Returns:
        None if they were deactivated, or got another password, since `user` was read.
    """
    now = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    return now if now.is_active and now.password == user.password else None


def invalid_credentials() -> DomainError:
    """Return the error of a sign-in by API, the same for each wrong credential."""
    return DomainError("invalid_credentials", "Wrong email or password.", HTTPStatus.BAD_REQUEST)


@tenant_context(None)
def token_issue(*, user: User, organization: TokenOrganization) -> tuple[ApiToken, str]:
    """Issue a token for an organization; the oldest token over MAX_LIVE_TOKENS is revoked.

    Args:
        user: as read when the password was checked.

    Returns:
        The token and its plaintext, which is not stored.

    Raises:
        DomainError: 400 `invalid_credentials`, if the user was deactivated or got another password
            meanwhile; 403 `not_a_member`, if their membership has ended.
    """
    with transaction.atomic():
        # Serializes sign-ins, and waits for a membership of the user that is being deleted.
        if user_unchanged(user) is None:
            raise invalid_credentials()
        _revoke_oldest(user, organization)
        token, plaintext = ApiToken.objects.issue(user=user, organization=organization)
        if token.membership_id is None:
            raise DomainError(
                "not_a_member",
                "You are no longer a member of this organization. Ask its owner to add you again.",
                HTTPStatus.FORBIDDEN,
            )
        record(
            AuditAction.TOKEN_ISSUED,
            organization=organization,
            subject=user,
            actor=user,
            token=token.pk,
        )
    return token, plaintext


def token_use(*, token_id: int, day: date) -> None:
    """Write the day of a token's use, unless another request wrote it."""
    unwritten = ApiToken.objects.filter(pk=token_id).exclude(last_used_on=day)
    unwritten.update(last_used_on=day)


def _revoke_oldest(user: User, organization: TokenOrganization) -> None:
    live = ApiToken.objects.filter(
        user=user, organization_id=organization.pk, is_sign_in=True, expiry__gt=timezone.now()
    ).select_related("user", "organization")
    for token in live.order_by("-pk")[MAX_LIVE_TOKENS - 1 :]:
        token_revoke(token=token, actor=user, reason=f"More than {MAX_LIVE_TOKENS} live tokens.")


@tenant_context(None)
def token_revoke(*, token: ApiToken, actor: User | None = None, reason: str = "") -> None:
    """Delete a token or a key, which fails from the next request on.

    PostgreSQL also deletes the tokens that were made with it.

    Args:
        actor: the user who revokes it; by default the user of the current request.
    """
    with transaction.atomic():
        if token.user_id is not None:
            # Before the tokens, as in `token_issue`: each order of deleting them is then safe.
            User.objects.select_for_update(no_key=True).get(pk=token.user_id)
        deleted, _ = ApiToken.objects.filter(pk=token.pk).delete()
        if deleted:  # Otherwise a concurrent request deleted and recorded it.
            record(
                AuditAction.TOKEN_REVOKED if token.user else AuditAction.KEY_DELETED,
                organization=token.organization,
                subject=token.user or token.name,
                actor=actor,
                reason=reason,
                token=token.pk,
            )


@tenant_context(None)
def user_tokens_revoke(*, user: User, reason: str, since: datetime | None = None) -> None:
    """Delete a user's tokens in all organizations.

    Args:
        since: only those that were made later. None for all.
    """
    own = ApiToken.objects.filter(user=user).select_related("user", "organization")
    for token in own if since is None else own.filter(created_at__gte=since):
        token_revoke(token=token, reason=reason)


class TokenMembership(Protocol):
    """A membership; this app imports nothing of `organizations`."""

    pk: Any
    user_id: Any
    user: Any


@tenant_context(None)
def tokens_revoke(*, membership: TokenMembership) -> None:
    """Delete the tokens of a membership that ends."""
    with transaction.atomic():
        # Before the tokens, as in `token_issue`.
        User.objects.select_for_update(no_key=True).get(pk=membership.user_id)
        tokens = ApiToken.objects.filter(membership_id=membership.pk)
        for token in tokens.select_related("user", "organization"):
            token_revoke(token=token, reason=f"{membership.user} is no longer a member.")
