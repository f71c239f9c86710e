"""Codes of an authenticator app, and recovery codes: each works once."""

import structlog
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.internal.flows.trust import is_trusted_browser
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    compare_user_code,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.db import transaction
from django.http import HttpRequest

from shared_apps.access.throttles import sign_in_throttles
from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record
from shared_apps.core.request import client_address
from shared_apps.core.sealing import SecretUnreadable
from shared_apps.core.throttles import count
from shared_apps.users.models import User

from . import mails
from .adapter import SEAL
from .guesses import guess_begin, guess_was_right
from .services import FACTORS

logger: structlog.stdlib.BoundLogger = structlog.get_logger("accounts")

LAST_COUNTER = "last_counter"
"""The key of an authenticator's data for the time step of the last code that was used."""

_MAX_CODE = 32  # characters; ours have 6 or 8


def has_second_factor(user: User) -> bool:
    """Return whether the user has an authenticator app or a passkey."""
    return bool(Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exists())


def passed_no_factor(request: HttpRequest, user: User) -> bool:
    """Return whether a sign-in by browser lacks the second factor that its user has."""
    if not has_second_factor(user) or is_trusted_browser(request, user):
        return False
    return all(each["method"] != "mfa" for each in get_authentication_records(request, user))


def lacks_factor_of_staff(user: User) -> bool:
    """Return whether STAFF_SECOND_FACTOR keeps the user out of the admin."""
    return settings.STAFF_SECOND_FACTOR and user.is_staff and not has_second_factor(user)


def sign_in_refuse(*, request: HttpRequest, user: User) -> None:
    """Count and record a wrong second factor as a failed sign-in.

    Raises:
        DomainError: 429 `throttled`.
    """
    user_login_failed.send(__name__, credentials={"username": user.email}, request=request)
    count(*sign_in_throttles(email=user.email, address=client_address(request)))


def code_use(*, user: User, code: str) -> Authenticator | None:
    """Return the authenticator that accepts the code, or None. The code then no longer works.

    Raises:
        DomainError: 429 `throttled`, also for a right code after too many wrong ones.
    """
    guess_begin(user)
    with transaction.atomic():
        authenticator = _accepting(user, code) if len(code) <= _MAX_CODE else None
        if authenticator and authenticator.type == Authenticator.Type.RECOVERY_CODES:
            left = len(authenticator.wrap().get_unused_codes())
            record(AuditAction.RECOVERY_CODE_USED, subject=user, actor=user, left=left)
            mails.recovery_code_used(user, left=left)
    if authenticator:
        guess_was_right(user)
    return authenticator


def _accepting(user: User, code: str) -> Authenticator | None:
    # The lock makes concurrent uses of one code wait: the second one finds it used.
    own = Authenticator.objects.select_for_update().filter(user_id=user.pk).order_by("pk")
    for authenticator in own.exclude(type=Authenticator.Type.WEBAUTHN):
        try:
            if _accepts(authenticator, code):
                authenticator.user = user
                return authenticator
        except SecretUnreadable:
            # SECRET_KEY was replaced, and the old one is not in SECRET_KEY_FALLBACKS.
            logger.error("second factor unreadable", authenticator=authenticator.pk)  # noqa: TRY400
    return None


def _accepts(authenticator: Authenticator, code: str) -> bool:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        codes = authenticator.wrap()
        is_right: bool = codes.validate_code(code)
        authenticator.data = codes.instance.data  # It reads the row again.
        return is_right
    counter = matching_counter(SEAL.decrypt(authenticator.data["secret"]), code)
    if counter is None or counter <= authenticator.data.get(LAST_COUNTER, -1):
        return False
    authenticator.data[LAST_COUNTER] = counter
    authenticator.save(update_fields=["data"])
    return True


def matching_counter(secret: str, code: str) -> int | None:
    """Return the time step of a code (RFC 6238), up to MFA_TOTP_TOLERANCE from now."""
    matching = [
        counter
        for counter in yield_hotp_counters_from_time()
        if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, counter)))
    ]
    return max(matching, default=None)
