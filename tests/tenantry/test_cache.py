"""The cache: each tenant reads its own values only, and without a tenant the cache raises.

Each test runs with the memory of the process, and in `make proofs` with Redis too.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import CacheKeyWarning, cache, caches
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.filebased import FileBasedCache
from django.core.management import CommandError, call_command
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.views.decorators.cache import cache_page, never_cache
from django.views.decorators.vary import vary_on_headers
from pytest_django import Settings

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenantry.cache import TenantKeys, TenantLocMemCache, TenantRedisCache
from tenantry.context import active_schema, tenant_context
from tenantry.errors import NoTenantError
from tests.conftest import SessionOf
from tests.redis import redis_server

OWNERS = ("acme", "globex", None)  # None: the shared cache.

Call = Callable[..., Any]


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with redis_server() as url:
        yield url


@pytest.fixture
def in_redis(redis_url: str, settings: Settings) -> Iterator[None]:
    settings.CACHES = {
        "default": {
            "BACKEND": "tenantry.cache.TenantRedisCache",
            "LOCATION": [redis_url],
        },
        "shared": {
            "BACKEND": "tenantry.cache.SharedRedisCache",
            "LOCATION": [redis_url],
        },
    }
    yield
    caches["shared"]._cache.get_client(write=True).flushall()  # type: ignore[attr-defined]


@pytest.fixture
def in_memory() -> Iterator[None]:
    yield
    for owner in OWNERS:
        clear(owner)


@pytest.fixture(params=["in_memory", pytest.param("in_redis", marks=pytest.mark.proof)])
def backend(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue(request.param)


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


def of(owner: str | None) -> BaseCache:
    return caches["default" if owner else "shared"]


def fill() -> None:
    for number, owner in enumerate(OWNERS):
        with tenant_context(owner):
            of(owner).set_many({"key": number, "other": number})


def seen(owner: str | None) -> list[dict[str, Any]]:
    """Return the values of an owner, by version."""
    with tenant_context(owner):
        return [of(owner).get_many(["key", "other", "new"], version=n) for n in (0, 1, 2)]


def clear(owner: str | None) -> None:
    with tenant_context(owner):
        of(owner).clear()


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


@pytest.mark.parametrize(
    "odd", ["a:b", "*", "?", "[a-z]", "\\", "^", "%3a", "é", "日本", "tenant:x:1:k"]
)
def test_keys_can_contain_any_characters(backend: None, odd: str) -> None:
    for owner in ("acme", "globex"):
        with tenant_context(owner):
            cache.set(odd, owner)
    clear("globex")

    with tenant_context("acme"):
        assert cache.get_many([odd]) == {odd: "acme"}


@pytest.mark.parametrize("odd", ["a b", "a\nb", "a\0b", "x" * 300])
def test_keys_that_django_warns_of_are_separate_too(backend: None, odd: str) -> None:
    with pytest.warns(CacheKeyWarning), tenant_context("acme"):
        cache.set(odd, "acme's")
    with pytest.warns(CacheKeyWarning), tenant_context("globex"):
        assert cache.get(odd) is None


@pytest.mark.parametrize("kind", [TenantLocMemCache, TenantRedisCache])
def test_tenants_never_share_a_key(
    kind: type[TenantLocMemCache] | type[TenantRedisCache], settings: Settings
) -> None:
    settings.TENANCY_LEGACY_SCHEMA_NAMES = True
    tenants = (
        "a",
        "a:b",
        "A",
        "a b",
        "á",
        "a\u0301",
        "*",
        "a*",
        "1",
        "shared",
        "tenant:a",
    )
    words = ("c", "b:c", "1:c", "b:1:c", "", ":", "a:1:c", "%3a")
    made = kind("redis://nowhere", {})

    keys = set()
    for tenant, version, word in product(tenants, (1, 2), words):
        with tenant_context(tenant):
            keys.add(made.make_key(word, version))

    assert len(keys) == len(tenants) * 2 * len(words)


def test_clear_keeps_values_of_a_tenant_with_a_longer_name(backend: None) -> None:
    for tenant in ("acme", "acme2", "acm"):
        with tenant_context(tenant):
            cache.set("key", tenant)

    clear("acm")
    clear("acme")

    with tenant_context("acme2"):
        assert cache.get("key") == "acme2"


def test_clear_of_the_shared_cache_keeps_the_tenants_values(backend: None) -> None:
    fill()

    clear(None)

    assert seen(None) == [{}, {}, {}]
    assert seen("acme") == [{}, {"key": 0, "other": 0}, {}]


def test_clear_deletes_thousands_of_values(backend: None) -> None:
    many = {f"key{number}": number for number in range(4000)}
    for owner in ("acme", "globex"):
        with tenant_context(owner):
            cache.set_many(many)

    clear("acme")

    with tenant_context("acme"):
        assert cache.get_many(many) == {}
    with tenant_context("globex"):
        assert cache.get_many(many) == many


def test_clear_of_a_custom_class_raises_unless_implemented(tmp_path: Path) -> None:
    class OwnCache(TenantKeys, FileBasedCache):
        pass

    own = OwnCache(str(tmp_path), {})
    with tenant_context("globex"):
        own.set("key", "globex's")

    with (
        tenant_context("acme"),
        pytest.raises(NotImplementedError, match=r"OwnCache must implement"),
    ):
        own.clear()

    with tenant_context("globex"):
        assert own.get("key") == "globex's"


@pytest.mark.proof
def test_clear_keeps_values_of_other_services_in_the_same_redis(
    in_redis: None, settings: Settings
) -> None:
    fill()
    settings.CACHES = {
        alias: {**entry, "KEY_PREFIX": "[a-z]*?\\"} for alias, entry in settings.CACHES.items()
    }
    fill()

    for owner in OWNERS:
        clear(owner)
        assert seen(owner) == [{}, {}, {}]

    settings.CACHES = {
        alias: {**entry, "KEY_PREFIX": ""} for alias, entry in settings.CACHES.items()
    }
    assert [seen(owner)[1]["key"] for owner in OWNERS] == [0, 1, 2]


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


def test_a_cache_object_can_be_used_in_any_tenant(backend: None) -> None:
    with tenant_context("acme"):
        default = caches["default"]
        default.set("key", "acme's")

    with tenant_context("globex"):
        assert default.get("key") is None
    with pytest.raises(NoTenantError):
        default.get("key")


def test_a_fragment_of_a_template_is_cached_for_its_tenant(backend: None) -> None:
    template = Template("{% load cache %}{% cache 60 name %}{{ text }}{% endcache %}")

    for tenant in ("acme", "globex"):
        with tenant_context(tenant):
            template.render(Context({"text": tenant}))

    for tenant in ("acme", "globex"):
        with tenant_context(tenant):
            assert template.render(Context({"text": "rendered again"})) == tenant


def test_a_cached_page_is_cached_for_its_tenant(backend: None) -> None:
    @cache_page(60)
    def view(request: Any) -> HttpResponse:
        return HttpResponse(active_schema())

    for _ in range(2):
        for tenant in ("acme", "globex"):
            with tenant_context(tenant):
                assert view(RequestFactory().get("/")).content.decode() == tenant


def test_a_cached_page_can_be_private_and_differ_for_each_user(backend: None) -> None:
    calls = []

    @never_cache
    @cache_page(60)
    @vary_on_headers("Authorization", "Cookie")
    def view(request: HttpRequest) -> HttpResponse:
        calls.append(request)
        return HttpResponse(request.headers["Cookie"])

    with tenant_context("acme"):
        for cookie in ("bob", "carol", "bob", "carol"):
            response = view(RequestFactory().get("/", headers={"Cookie": cookie}))
            assert response.content.decode() == cookie
            assert {"private", "no-store", "max-age=0"} <= {*response["Cache-Control"].split(", ")}

    assert len(calls) == 2


def test_sessions_in_the_cache_use_the_shared_cache(
    backend: None, settings: Settings, session_of: SessionOf, bob: User
) -> None:
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"

    client: Client = session_of(bob)

    assert client.get("/api/items/").status_code == 200


class TestClearTenantCache:
    @pytest.mark.proof
    def test_deletes_the_values_of_one_tenant(
        self, in_redis: None, acme: Organization, capsys: pytest.CaptureFixture[str]
    ) -> None:
        fill()

        call_command("clear_tenant_cache", "acme")

        assert capsys.readouterr().out == "The cache of acme is empty.\n"
        assert [seen(owner)[1].get("key") for owner in OWNERS] == [None, 1, 2]

    def test_fails_if_the_cache_is_in_the_memory_of_each_process(self, acme: Organization) -> None:
        with pytest.raises(CommandError, match="memory of each process"):
            call_command("clear_tenant_cache", "acme")

    @pytest.mark.parametrize("name", ["unknown", "public", "tenancy_template", "*"])
    def test_fails_for_a_name_without_an_organization(self, db: None, name: str) -> None:
        with pytest.raises(CommandError, match="There is no tenant"):
            call_command("clear_tenant_cache", name)
