"""Wrong codes and passkeys of a user are limited, and the user gets a mail about many."""

import math
from datetime import timedelta
from http import HTTPStatus

from django.core.cache import caches

from shared_apps.core.counters import counters
from shared_apps.core.errors import DomainError
from shared_apps.core.throttles import Throttle, count, count_more
from shared_apps.users.models import User

from . import mails

MAX_A_DAY = 100
"""Wrong codes with one password. A code is one of a million, and three are right at a time."""

_MAIL_AFTER = 10  # wrong codes in a day
_DAY = int(timedelta(days=1).total_seconds())


def guess_begin(user: User) -> None:
    """Count a guess before its check, so that concurrent ones cannot exceed the limits.

    Raises:
        DomainError: 429 `throttled`.
    """
    number, left = _count_of_day(user, 1)
    if number > _MAIL_AFTER:
        _mail_once_a_day(user)
    if number > MAX_A_DAY:
        _count_of_day(user, -1)
        raise DomainError(
            "throttled",
            "Too many wrong codes. Choose a new password, or try again tomorrow.",
            HTTPStatus.TOO_MANY_REQUESTS,
            retry_after=math.ceil(left),
        )
    try:
        count(_throttle(user))
    except DomainError:
        _count_of_day(user, -1)
        _mail_once_a_day(user)
        raise


def guess_was_right(user: User) -> None:
    """Do not count it after all."""
    count_more(-1, _throttle(user))
    _count_of_day(user, -1)


def _throttle(user: User) -> Throttle:
    return Throttle("second_factor", user.pk)


def _count_of_day(user: User, amount: int) -> tuple[int, float]:
    """Add to the wrong codes of a user; a new password begins at none, for who guesses knew it."""
    key = f"second_factor:day:{user.pk}:{user.get_session_auth_hash()[:16]}"
    (counted,) = counters().add([key], amount, seconds=_DAY)
    return counted


def _mail_once_a_day(user: User) -> None:
    if caches["shared"].add(f"second_factor:mailed:{user.pk}", 1, _DAY):
        mails.wrong_codes(user)
