"""`clear()` and `clear_tenant_cache` delete the values of one tenant."""

from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.cache.backends.filebased import FileBasedCache
from django.core.management import CommandError, call_command
from pytest_django import Settings

from shared_apps.organizations.models import Organization
from tenantry.cache import TenantKeys
from tenantry.context import tenant_context

from .values import OWNERS, clear, fill, seen


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


@pytest.mark.proof
def test_clear_tenant_cache_deletes_the_values_of_one_tenant(
    in_redis: None, acme: Organization, capsys: pytest.CaptureFixture[str]
) -> None:
    fill()

    call_command("clear_tenant_cache", "acme")

    assert capsys.readouterr().out == "The cache of acme is empty.\n"
    assert [seen(owner)[1].get("key") for owner in OWNERS] == [None, 1, 2]


def test_clear_tenant_cache_fails_if_each_process_has_its_own_cache(acme: Organization) -> None:
    with pytest.raises(CommandError, match="memory of each process"):
        call_command("clear_tenant_cache", "acme")


@pytest.mark.parametrize("name", ["unknown", "public", "tenancy_template", "*"])
def test_clear_tenant_cache_fails_for_an_unknown_tenant(db: None, name: str) -> None:
    with pytest.raises(CommandError, match="There is no tenant"):
        call_command("clear_tenant_cache", name)
