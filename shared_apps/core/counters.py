"""Counters per minute, or per longer time, never in the database.

With REDIS_URL they are in Redis, and all workers share them. Otherwise each worker has its own
counters in memory. The time of a key begins with its first count.
"""

import logging
import time
from collections.abc import Sequence
from threading import Lock
from typing import ClassVar, Protocol

from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from redis import RedisError

MINUTE = 60  # seconds

Count = tuple[int, float]
"""The count, and the seconds that are left of its time."""

# One command: a pipeline of six takes twice as long. https://redis.io/docs/latest/commands/eval/
_COUNT = """
local counts = {}
for position, key in ipairs(KEYS) do
    local number = tonumber(redis.call('GET', key) or 0)
    if ARGV[1] ~= '0' then
        number = redis.call('INCRBY', key, ARGV[1])
        if redis.call('PTTL', key) < 0 then redis.call('EXPIRE', key, ARGV[2]) end
    end
    counts[position] = {number, redis.call('PTTL', key)}
end
return counts
"""

logger = logging.getLogger(__name__)


class Counters(Protocol):
    def add(self, keys: Sequence[str], amount: int = 1, *, seconds: int = MINUTE) -> list[Count]:
        """Add the amount to each key, and return the new counts.

        Args:
            seconds: after which a key that does not exist yet ends.
        """
        ...

    def read(self, keys: Sequence[str]) -> list[Count]: ...


class MemoryCounters:
    """Counters in this process's memory. Old ones are dropped once a minute."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[str, tuple[int, float]] = {}
        self._next_sweep = 0.0

    def add(self, keys: Sequence[str], amount: int = 1, *, seconds: int = MINUTE) -> list[Count]:
        now = time.monotonic()
        with self._lock:  # Two threads must not read the same count and both add to it.
            if now >= self._next_sweep:
                self._kept = {key: kept for key, kept in self._kept.items() if kept[1] > now}
                self._next_sweep = now + MINUTE
            counts = [self._count(key, now, seconds) for key in keys]
            for key, (number, left) in zip(keys, counts, strict=True):
                self._kept[key] = number + amount, now + left
        return [(number + amount, left) for number, left in counts]

    def read(self, keys: Sequence[str]) -> list[Count]:
        now = time.monotonic()
        return [self._count(key, now) for key in keys]

    def clear(self) -> None:
        """Drop all counters, as at the start of a process."""
        self._kept = {}

    def _count(self, key: str, now: float, seconds: int = MINUTE) -> Count:
        number, end = self._kept.get(key, (0, now))
        return (number, end - now) if end > now else (0, seconds)


class RedisCounters:
    """Counters in Redis; one round trip for any number of keys.

    If Redis fails, the service continues, counts nothing, and logs one line.
    """

    PAUSE = 5  # seconds without Redis after an error
    _paused_until: ClassVar[float] = 0

    def __init__(self, cache: RedisCache) -> None:
        self.cache = cache

    def add(self, keys: Sequence[str], amount: int = 1, *, seconds: int = MINUTE) -> list[Count]:
        nothing = [(0, 0.0) for _ in keys]
        if time.monotonic() < RedisCounters._paused_until:
            return nothing
        client = self.cache._cache.get_client(write=True)
        names = [self.cache.make_key(key) for key in keys]
        try:
            counts = client.eval(_COUNT, len(names), *names, amount, seconds)
        except RedisError as error:
            RedisCounters._paused_until = time.monotonic() + self.PAUSE
            logger.error("Nothing is counted for %s seconds: %s", self.PAUSE, error)  # noqa: TRY400 (a traceback adds nothing)
            return nothing
        return [(number, left / 1000) for number, left in counts]

    def read(self, keys: Sequence[str]) -> list[Count]:
        return self.add(keys, 0)


memory = MemoryCounters()


def counters() -> Counters:
    cache = caches["shared"]
    return RedisCounters(cache) if isinstance(cache, RedisCache) else memory
