"""What can be done with users and their tokens, for commands, admin and API alike."""

from typing import TYPE_CHECKING

from django.db import transaction

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record

from .models import ApiToken, User

if TYPE_CHECKING:
    from shared_apps.organizations.models import Organization


def user_deactivate(*, user: User) -> User:
    """Shut a user out: sign-in, sessions and tokens stop with the next request."""
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
    """Give a user a token for an organization.

    Returns:
        The token and its plaintext, which cannot be had again.
    """
    with transaction.atomic():
        token, plaintext = ApiToken.objects.issue(user=user, organization=organization)
        record(
            AuditAction.TOKEN_ISSUED,
            organization=organization,
            subject=user,
            actor=user,
            token=token.pk,
        )
    return token, plaintext


def token_revoke(*, token: ApiToken) -> None:
    """End a token, at once and for good."""
    with transaction.atomic():
        deleted, _ = ApiToken.objects.filter(pk=token.pk).delete()
        if deleted:  # Else somebody was faster, and wrote it down.
            record(
                AuditAction.TOKEN_REVOKED,
                organization=token.organization,
                subject=token.user,
                token=token.pk,
            )
