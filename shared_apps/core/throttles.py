"""Limits per minute; requests beyond a limit get 429."""

import math
from dataclasses import dataclass
from http import HTTPStatus

from django.conf import settings

from .counters import Count, counters
from .errors import DomainError


@dataclass(frozen=True, slots=True)
class Throttle:
    """One counter with a limit.

    Attributes:
        scope: a key of the setting THROTTLES.
        who: the user, organization, account or address.
    """

    scope: str
    who: str | int

    @property
    def key(self) -> str:
        return f"throttle:{self.scope}:{self.who}"

    @property
    def limit(self) -> int:
        """Return the limit per minute; 0 for no limit."""
        limit: int = settings.THROTTLES[self.scope]
        return limit


def count(*throttles: Throttle) -> None:
    """Add one to all counters, or to none if one of them is at its limit.

    A rejected request is not counted. So a caller who waits for Retry-After succeeds, and a user
    at their own limit does not use up the organization's limit.

    Raises:
        DomainError: 429 `throttled`, if a counter is at its limit.
    """
    limited = [throttle for throttle in throttles if throttle.limit]
    if not limited:
        return
    keys = [throttle.key for throttle in limited]
    try:
        _require_at_most(0, limited, counters().add(keys))
    except DomainError:
        counters().add(keys, -1)
        raise


def count_more(amount: int, throttle: Throttle) -> None:
    """Add to the counter of a request that was already accepted."""
    if throttle.limit:
        counters().add([throttle.key], amount)


def require_below_limit(*throttles: Throttle) -> None:
    """Raise if a counter is at its limit; count nothing.

    Raises:
        DomainError: 429 `throttled`.
    """
    limited = [throttle for throttle in throttles if throttle.limit]
    if limited:
        _require_at_most(-1, limited, counters().read([throttle.key for throttle in limited]))


def _require_at_most(spare: int, throttles: list[Throttle], counts: list[Count]) -> None:
    waits = [
        left
        for throttle, (number, left) in zip(throttles, counts, strict=True)
        if number > throttle.limit + spare
    ]
    if waits:
        seconds = max(1, math.ceil(max(waits)))
        raise DomainError(
            "throttled",
            f"Too many requests. Try again in {seconds} seconds.",
            HTTPStatus.TOO_MANY_REQUESTS,
            retry_after=seconds,
        )
