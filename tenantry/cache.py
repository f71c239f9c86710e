"""Caches with separate values for each tenant.

In CACHES, a tenant's class belongs to the alias `default`, and a shared class to `shared`. Each
operation reads the active tenant from the context.
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
_SCAN_COUNT = 1000


class PrefixedKeys(BaseCache):
    """Begins each key with its owner, so that `clear()` can delete the values of one owner.

    KEY_PREFIX comes first, for services that share a Redis. KEY_FUNCTION is not used.
    """

    def owner(self) -> str:
        return "shared"

    def make_key(self, key: object, version: int | None = None) -> str:
        return f"{self.prefix()}{self.version if version is None else version}:{key}"

    def prefix(self) -> str:
        return f"{self.key_prefix}:{self.owner()}:"

    def clear(self) -> None:
        """Raise NotImplementedError: the `clear()` of a backend would delete all values."""
        raise NotImplementedError(
            f"{type(self).__name__} must implement clear() for keys that begin with self.prefix()."
        )


class TenantKeys(PrefixedKeys):
    """Keys of the active tenant.

    A tenant's name in a key contains no colon, so tenant `a` with the key `b:c` and tenant `a:b`
    with the key `c` have different keys.
    """

    def owner(self) -> str:
        schema = require_schema(
            "This cache has values for each tenant (caches['shared'] has those for all)"
        )
        return f"tenant:{portable_name(schema)}"


class TenantLocMemCache(TenantKeys, LocMemCache):
    """In the memory of the process. MAX_ENTRIES is the limit for all tenants together."""

    # Missing in django-stubs.
    _cache: OrderedDict[str, bytes]
    _lock: Lock
    _delete: Callable[[str], bool]

    def clear(self) -> None:
        prefix = self.prefix()
        with self._lock:
            for key in [key for key in self._cache if key.startswith(prefix)]:
                self._delete(key)


class SharedRedisCache(PrefixedKeys, RedisCache):
    """Values in Redis for all tenants together."""

    def clear(self) -> None:
        # Keys that are stored during the scan can remain
        # (https://redis.io/docs/latest/commands/scan/).
        client = self._cache.get_client(write=True)
        pattern = _GLOB.sub(r"\\\g<0>", self.prefix()) + "*"
        cursor = 0
        while True:
            cursor, keys = client.scan(cursor, match=pattern, count=_SCAN_COUNT)
            if keys:
                client.unlink(*keys)
            if cursor == 0:
                return


class TenantRedisCache(TenantKeys, SharedRedisCache):
    pass
