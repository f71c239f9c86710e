"""Services of the second factor that other code calls."""

from datetime import datetime

from allauth.mfa.base.internal.flows import delete_dangling_recovery_codes
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.http import HttpRequest

from shared_apps.access.sessions import session_id
from shared_apps.users.models import ApiToken, User
from shared_apps.users.services import token_revoke
from shared_apps.users.sessions import sessions_end
from tenantry.context import tenant_context

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""Recovery codes are none: they only replace one."""


@tenant_context(None)
@transaction.atomic
def second_factor_remove(*, user: User, since: datetime | None = None) -> bool:
    """Remove what a user has; `records` writes the audit log and the mails.

    Recovery codes end with the last app or passkey.

    Args:
        since: only what was added later. None for all.

    Returns:
        Whether there was something to remove.
    """
    own = Authenticator.objects.select_for_update().filter(user_id=user.pk)
    deleted, _ = (own if since is None else own.filter(created_at__gte=since)).delete()
    if deleted:
        delete_dangling_recovery_codes(user)
    return bool(deleted)


def is_first(authenticator: Authenticator) -> bool:
    """Return whether its user has no other app or passkey."""
    own = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=FACTORS)
    return not own.exclude(pk=authenticator.pk).exists()


@tenant_context(None)
@transaction.atomic
def sign_ins_without_it_end(*, user: User, request: HttpRequest | None) -> None:
    """End what was opened by the password alone, when the user gets a second factor.

    Tokens that the user made for programs stay.

    Args:
        request: its session stays: it has just confirmed the password.
    """
    # A sign-in that began before waits, or its token is found below.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    sessions_end(user=user, besides=session_id(request) if request else None)
    for token in ApiToken.objects.filter(user=user, is_sign_in=True).select_related(
        "user", "organization"
    ):
        token_revoke(token=token, reason="A second factor was added.")
