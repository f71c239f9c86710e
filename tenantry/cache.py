"""Caches with separate values for each tenant.

CACHES names these classes: one with a tenant's values for the alias `default`, one with values of
all for `shared`. Each operation looks up the active tenant; the cache object stores none.
"""

import re
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache

from .context import require_schema
from .names import portable_name

# https://redis.io/docs/latest/commands/keys/
_GLOB = re.compile(r"[\\*?\[\]^-]")
_SCANNED_AT_ONCE = 1000


class PrefixedKeys(BaseCache):
    """Begins each key with its owner, so that `clear()` can remove the values of one owner.

    KEY_PREFIX comes first, for services that share a Redis. KEY_FUNCTION is not used.
    """

    def owner(self) -> str:
        return "shared"

    def make_key(self, key: object, version: int | None = None) -> str:
        return f"{self.beginning()}{self.version if version is None else version}:{key}"

    def beginning(self) -> str:
        """Return the prefix of this owner's keys; no other owner has it."""
        return f"{self.key_prefix}:{self.owner()}:"

    def clear(self) -> None:
        """Raise, since a backend's own `clear()` would remove the values of all owners.

        Raises:
            NotImplementedError: unless the class says how to find one owner's values.
        """
        raise NotImplementedError(
            f"{type(self).__name__} must say how to remove only the keys that begin with "
            "self.beginning()."
        )


class TenantKeys(PrefixedKeys):
    """Keys of the active tenant.

    No name of a tenant holds the colon that ends it in a key, so tenant `a` with the key `b:c`
    never meets tenant `a:b` with the key `c`.
    """

    def owner(self) -> str:
        """Return the active tenant's name, as keys spell it.

        Raises:
            NoTenantError: when no tenant is active.
        """
        schema = require_schema(
            "This cache keeps each tenant's values apart (caches['shared'] has those for all)"
        )
        return f"tenant:{portable_name(schema)}"


class TenantLocMemCache(TenantKeys, LocMemCache):
    """In this process's memory. All tenants together have MAX_ENTRIES."""

    # What django-stubs leave out of LocMemCache.
    _cache: OrderedDict[str, bytes]
    _lock: Lock
    _delete: Callable[[str], bool]

    def clear(self) -> None:
        """Remove the active tenant's values."""
        beginning = self.beginning()
        with self._lock:
            for key in [key for key in self._cache if key.startswith(beginning)]:
                self._delete(key)


class SharedRedisCache(PrefixedKeys, RedisCache):
    """Values for all, in Redis.

    Django's own `clear()` would empty the whole database of the Redis, all tenants' with it.
    """

    def clear(self) -> None:
        """Remove this owner's values; scans all keys of the Redis, a thousand at a time.

        What others store meanwhile may or may not go (https://redis.io/docs/latest/commands/scan/).
        """
        client = self._cache.get_client(write=True)
        pattern = _GLOB.sub(r"\\\g<0>", self.beginning()) + "*"
        cursor = 0
        while True:
            cursor, keys = client.scan(cursor, match=pattern, count=_SCANNED_AT_ONCE)
            if keys:
                client.unlink(*keys)
            if cursor == 0:
                return


class TenantRedisCache(TenantKeys, SharedRedisCache):
    """Each tenant's values in Redis."""
