"""What can be done with users and their tokens, for commands, admin and API alike."""

from typing import TYPE_CHECKING

from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record

from .models import ApiToken, User

if TYPE_CHECKING:
    from shared_apps.organizations.models import Organization


user_deactivating = Signal()
"""Sent in the transaction that deactivates `user`; a receiver may raise to forbid it."""

MAX_LIVE_TOKENS = 50  # of a person in an organization


def user_deactivate(*, user: User) -> User:
    """Shut a user out: sign-in, sessions and tokens stop with the next request.

    Raises:
        DomainError: when a receiver of `user_deactivating` forbids it.
    """
    with transaction.atomic():
        user_deactivating.send(User, user=user)
        return _set_active(user, AuditAction.USER_DEACTIVATED, is_active=False)


def user_reactivate(*, user: User) -> User:
    """Let a deactivated user in again; their tokens work as before."""
    return _set_active(user, AuditAction.USER_REACTIVATED, is_active=True)


def _set_active(user: User, action: AuditAction, *, is_active: bool) -> User:
    with transaction.atomic():
        if User.objects.filter(pk=user.pk).exclude(is_active=is_active).update(is_active=is_active):
            record(action, subject=user)
    user.is_active = is_active
    return user


def token_issue(*, user: User, organization: "Organization") -> tuple[ApiToken, str]:
    """Give a user a token for an organization; of MAX_LIVE_TOKENS there, the first issued ends.

    Returns:
        The token and its plaintext, which cannot be had again.
    """
    with transaction.atomic():
        # One sign-in after the other, and none while a membership of theirs ends.
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        _make_room(user, organization)
        token, plaintext = ApiToken.objects.issue(user=user, organization=organization)
        record(
            AuditAction.TOKEN_ISSUED,
            organization=organization,
            subject=user,
            actor=user,
            token=token.pk,
        )
    return token, plaintext


def _make_room(user: User, organization: "Organization") -> None:
    live = ApiToken.objects.filter(
        user=user, organization=organization, expiry__gt=timezone.now()
    ).select_related("user", "organization")
    for token in live.order_by("-pk")[MAX_LIVE_TOKENS - 1 :]:
        token_revoke(token=token, actor=user, reason=f"More than {MAX_LIVE_TOKENS} live tokens.")


def token_revoke(*, token: ApiToken, actor: User | None = None, reason: str = "") -> None:
    """End a token, at once and for good.

    Args:
        actor: who ends it, where that is not the user of the current request.
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
