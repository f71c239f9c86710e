"""Services of passwords. A new one ends all sessions of the user, but that of the request.

They run without a tenant: while one is active, the table of users has no passwords.
"""

from dataclasses import replace

import structlog
from django.contrib.auth import authenticate, update_session_auth_hash
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse

from shared_apps.core.errors import DomainError
from shared_apps.core.links import absolute
from shared_apps.core.request import acting, current_actor
from shared_apps.jobs.mail import mail_send
from shared_apps.jobs.mail.facts import Facts, facts_of
from tenantry.context import tenant_context

from .link_tokens import reset_tokens
from .models import User
from .services import user_tokens_revoke, user_unchanged
from .sessions import sessions_end
from .verification import mark_verified

logger: structlog.stdlib.BoundLogger = structlog.get_logger("users")


@tenant_context(None)
def password_change(
    *,
    request: HttpRequest,
    user: User,
    current: str,
    new: str,
    end_tokens: bool = False,
    besides: int | None = None,
) -> User:
    """Change one's password, and send a mail about it.

    Args:
        request: its session gets a new key, if it stays.
        current: a wrong one counts as a failed sign-in.
        end_tokens: whether the user's API tokens end, too.
        besides: the id of the session that stays: that of the request. None for a token.

    Returns:
        The user with the new password.

    Raises:
        ValidationError: by field, `current` or `new`.
        DomainError: 429 `throttled`.
    """
    found = authenticate(request, username=user.email, password=current)
    if found is None or found.pk != user.pk:
        raise _not_current()
    _require_good(new)
    with transaction.atomic():
        unchanged = user_unchanged(found)
        if unchanged is None:
            raise _not_current()
        facts = facts_of(request)
        _password_set(unchanged, new, end_tokens=end_tokens, besides=besides, facts=facts)
    if besides is not None:  # Beside a token, the session may be another person's.
        update_session_auth_hash(request, unchanged)
    return unchanged


def _not_current() -> ValidationError:
    return ValidationError({"current": "This is not your current password."})


@tenant_context(None)
def password_reset(
    *, user_id: int, token: str, new: str, end_tokens: bool = False, facts: Facts
) -> User | None:
    """Set the password of a user who forgot it, with the token of a mail, once.

    The mail proves that the user reads the mail of their address, which is verified from now on.

    Returns:
        The user; None if the token is wrong, was used or has expired.

    Raises:
        ValidationError: for `new`.
    """
    with transaction.atomic():
        user = find_reset(user_id, token, lock=True)
        if user is None:
            return None
        _require_good(new)
        with acting(replace(current_actor(), user=user)):
            _password_set(user, new, end_tokens=end_tokens, facts=facts)
        mark_verified(user)
    return user


@tenant_context(None)
def find_reset(user_id: int, token: str, *, lock: bool = False) -> User | None:
    """Return the active user of a token that still works."""
    users = User.objects.select_for_update(no_key=True) if lock else User.objects.all()
    user = users.filter(pk=user_id, is_active=True).first()
    return user if reset_tokens.check_token(user, token) else None


def _require_good(password: str) -> None:
    try:
        validate_password(password)
    except ValidationError as error:
        raise ValidationError({"new": error.messages}) from error


def _password_set(
    user: User, new: str, *, end_tokens: bool, facts: Facts, besides: int | None = None
) -> None:
    sessions_end(user=user, besides=besides)
    user.kept_session = besides or 0
    user.set_password(new)
    user.save(update_fields=["password"])
    if end_tokens:
        user_tokens_revoke(user=user, reason="The password was changed.")
    context = {
        "email": user.email,
        "tokens_ended": end_tokens,
        "facts": facts,
        "reset_url": absolute(reverse("account_reset_password")),
    }
    try:
        mail_send(to=user.email, template="accounts/mails/password_changed", context=context)
    except DomainError as invalid:  # No reason to keep the old password.
        logger.warning("a user has no mail", reason=invalid.detail)
