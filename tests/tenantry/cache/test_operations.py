"""Each tenant reads and writes its own values only; without a tenant the cache raises."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import cache, caches

from tenantry.context import active_schema, tenant_context
from tenantry.errors import NoTenantError

from .values import OWNERS, fill, of, seen

Call = Callable[..., Any]


def sync_call(method: str, *args: Any) -> Any:
    return getattr(cache, method)(*args)


def async_call(method: str, *args: Any) -> Any:
    async def call() -> Any:
        return await getattr(cache, f"a{method}")(*args)

    return asyncio.run(call())


@pytest.fixture(params=[sync_call, async_call])
def call(request: pytest.FixtureRequest) -> Call:
    function: Call = request.param
    return function


WRITES: list[tuple[str, *tuple[Any, ...]]] = [
    ("set", "key", 9),
    ("set", "new", 9, None, 2),
    ("add", "new", 9),
    ("touch", "key", 0),
    ("delete", "key"),
    ("set_many", {"key": 9, "new": 9}),
    ("delete_many", ["key", "other"]),
    ("incr", "key"),
    ("decr", "key", 5),
    ("get_or_set", "new", lambda: 9),
    ("incr_version", "key"),
    ("decr_version", "key"),
    ("clear",),
]


READS: list[tuple[Any, str, *tuple[Any, ...]]] = [
    ("its own", "get", "key"),
    ({"key": "its own"}, "get_many", ["key", "new"]),
    ("its own", "get_or_set", "key", "other"),
    (True, "has_key", "key"),
    (False, "add", "key", "other"),
]


@pytest.mark.parametrize(("method", "args"), [(method, args) for method, *args in WRITES])
def test_a_write_of_one_tenant_changes_no_other_values(
    backend: None, call: Call, method: str, args: list[Any]
) -> None:
    fill()
    before = {owner: seen(owner) for owner in OWNERS}

    with tenant_context("acme"):
        call(method, *args)

    after = {owner: seen(owner) for owner in OWNERS}
    assert after.pop("acme") != before.pop("acme")
    assert after == before


@pytest.mark.parametrize(
    ("expected", "method", "args"), [(expected, method, args) for expected, method, *args in READS]
)
def test_a_read_of_a_tenant_returns_its_own_values(
    backend: None, call: Call, expected: Any, method: str, args: list[Any]
) -> None:
    for owner in OWNERS:
        with tenant_context(owner):
            of(owner).set("key", "its own" if owner == "acme" else "other")
    with tenant_context("globex"):
        cache.set("new", "other")

    with tenant_context("acme"):
        assert call(method, *args) == expected
        assert "key" in cache
        assert "new" not in cache


@pytest.mark.parametrize(
    ("method", "args"), [*((m, a) for m, *a in WRITES), *((m, a) for _, m, *a in READS)]
)
@pytest.mark.parametrize("tenant", [None, "public"])
def test_every_operation_without_a_tenant_raises_no_tenant_error(
    backend: None, call: Call, tenant: str | None, method: str, args: list[Any]
) -> None:
    fill()
    before = {owner: seen(owner) for owner in OWNERS}

    with tenant_context(tenant), pytest.raises(NoTenantError, match=r"This cache .* no tenant"):
        call(method, *args)

    assert {owner: seen(owner) for owner in OWNERS} == before


def test_a_cache_object_can_be_used_in_any_tenant(backend: None) -> None:
    with tenant_context("acme"):
        default = caches["default"]
        default.set("key", "acme's")

    with tenant_context("globex"):
        assert default.get("key") is None
    with pytest.raises(NoTenantError):
        default.get("key")


def test_threads_with_the_same_keys_read_their_tenants_values(backend: None) -> None:
    def work(tenant: str) -> None:
        with tenant_context(tenant):
            cache.add("count", 0)
            for number in range(200):
                key = f"key{number % 7}"
                cache.set(key, tenant)
                assert cache.get(key) == tenant
                assert cache.get_or_set("first", tenant) == tenant
                cache.incr("count")

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(work, ("acme", "globex") * 3))

    for tenant in ("acme", "globex"):
        with tenant_context(tenant):
            assert cache.get("count") == 600


def test_asyncio_tasks_with_the_same_keys_read_their_tenants_values(backend: None) -> None:
    async def work(tenant: str) -> None:
        with tenant_context(tenant):
            for number in range(20):
                await cache.aset("key", tenant)
                await asyncio.sleep(0)
                assert await cache.aget("key") == tenant
                await cache.aset_many({f"key{number}": tenant})
                assert await cache.aget_or_set(f"key{number}", "other") == tenant
                assert active_schema() == tenant

    async def work_together() -> None:
        await asyncio.gather(*map(work, ("acme", "globex") * 10))

    asyncio.run(work_together())
