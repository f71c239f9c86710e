"""What a link in a mail does for a person after a thief has changed their account."""

from dataclasses import replace
from datetime import datetime, timedelta

from django.urls import reverse

from shared_apps.core.request import acting, current_actor
from shared_apps.users.link_tokens import reset_tokens
from shared_apps.users.models import User
from shared_apps.users.services import user_tokens_revoke
from shared_apps.users.sessions import sessions_end

from .second_factor.services import second_factor_remove

BEFORE = timedelta(days=1)
"""A thief adds a second factor and makes tokens first, then does what the mail is about."""


def account_recover(
    *, user: User, factors_since: datetime, tokens_since: datetime, reason: str
) -> str:
    """End the sessions and the password of a user, and what a thief may have added.

    The password no longer works: a thief who knows it would be faster than the user with a new one.
    Call it in a transaction that has locked the user.

    Args:
        factors_since: second factors added then or later are removed; they would keep the user out.
        tokens_since: tokens made then or later end.
        reason: for the audit log.

    Returns:
        The path of the page where the user chooses a new password.
    """
    with acting(replace(current_actor(), user=user)):
        sessions_end(user=user)
        user.set_unusable_password()
        user.save(update_fields=["password"])
        second_factor_remove(user=user, since=factors_since)
        user_tokens_revoke(user=user, since=tokens_since, reason=reason)
    return reverse("password-reset-confirm", args=[user.pk, reset_tokens.make_token(user)])
