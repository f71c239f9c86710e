"""Keys of two tenants differ, with any characters."""

from itertools import product

import pytest
from django.core.cache import CacheKeyWarning, cache
from pytest_django import Settings

from tenantry.cache import TenantLocMemCache, TenantRedisCache
from tenantry.context import tenant_context

from .values import clear


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
def test_tenants_do_not_share_keys_that_django_warns_of(backend: None, odd: str) -> None:
    with pytest.warns(CacheKeyWarning), tenant_context("acme"):
        cache.set(odd, "acme's")
    with pytest.warns(CacheKeyWarning), tenant_context("globex"):
        assert cache.get(odd) is None


@pytest.mark.parametrize("kind", [TenantLocMemCache, TenantRedisCache])
def test_different_tenants_have_different_keys(
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
