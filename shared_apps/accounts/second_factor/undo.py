"""The link in the mail about an added second factor, which removes it.

A thief who adds one keeps the owner out, also after a new password.
"""

from datetime import timedelta

from allauth.mfa.models import Authenticator
from django.core import signing
from django.db import transaction

from shared_apps.users.models import User

from ..links import link_invalid, link_to
from ..recovery import BEFORE, account_recover

LIFETIME = timedelta(days=7)

_SALT = "shared_apps.accounts.second_factor.undo"


def undo_link(added: Authenticator) -> str:
    return link_to("second-factor-undo", signing.dumps(added.pk, salt=_SALT))


def find_added(token: str) -> Authenticator:
    """Return the app or passkey of a link; its user has not removed it yet.

    Raises:
        DomainError: 410 `link_invalid`.
    """
    try:
        pk = signing.loads(token, salt=_SALT, max_age=LIFETIME)
    except signing.BadSignature as error:
        raise link_invalid() from error
    added: Authenticator | None = Authenticator.objects.filter(pk=pk, user__is_active=True).first()
    if added is None:
        raise link_invalid()
    return added


def second_factor_undo(*, token: str) -> str:
    """Remove an app or a passkey and all later ones, and end sessions and the password of the user.

    Older ones stay: they are the owner's. Tokens of the day before and later end.

    Returns:
        The path of the page where the user chooses a new password.

    Raises:
        DomainError: 410 `link_invalid`.
    """
    user_id = find_added(token).user_id
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).get(pk=user_id)
        since = find_added(token).created_at  # Unless a concurrent request has used the link.
        return account_recover(
            user=user,
            factors_since=since,
            tokens_since=since - BEFORE,
            reason="A new second factor was undone.",
        )
