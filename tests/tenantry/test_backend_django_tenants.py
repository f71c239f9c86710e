"""The API of django-tenants works, and uses the context."""

import threading
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any
from unittest import mock

import django_tenants.utils
import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django_tenants.postgresql_backend import base as stock
from django_tenants.postgresql_backend.base import FakeTenant
from pytest_django import Settings

from shared_apps.organizations.models import Organization
from tenant_apps.items.models import Item
from tenantry.context import NamedTenant, active_schema, active_tenant, tenant_context
from tenantry.postgres.base import DatabaseWrapper

from .conftest import fetch_value, visible_schema


def test_set_tenant_and_set_schema_change_the_context(
    own: DatabaseWrapper, acme: Organization
) -> None:
    with tenant_context(None):
        own.set_tenant(acme)
        assert active_tenant() is own.tenant is acme
        own.set_schema("red", include_public=False)
        assert own.schema_name == visible_schema(own) == "red"
        assert not own.include_public_schema
        assert fetch_value(own, "SELECT current_schemas(false)") == ["red"]
        own.set_schema("red", tenant_type="small")
        assert own.tenant.get_tenant_type() == "small"
        own.set_schema_to_public()
        assert active_tenant() is None
        assert own.schema_name == "public"
        assert isinstance(own.tenant, FakeTenant)
        own.tenant = acme
        assert active_tenant() is acme
        own.tenant = None
        assert active_tenant() is None


def test_the_connection_returns_the_tenant_of_the_context(own: DatabaseWrapper) -> None:
    with tenant_context("red"):
        assert own.schema_name == own.tenant.schema_name == "red"
    assert own.schema_name == "public"


def test_a_tenant_model_for_public_is_returned_unchanged(own: DatabaseWrapper) -> None:
    public = Organization(schema_name="public")
    with tenant_context(None):
        own.set_tenant(public)
        assert own.tenant is public
        assert active_tenant() is None
        with django_tenants.utils.schema_context("red"):
            assert own.schema_name == "red"
        with tenant_context("red"):
            pass
        assert own.tenant is public
        own.set_schema_to_public()
        assert own.tenant == own.tenant != public


def test_the_attributes_of_the_connection_can_be_set_and_patched(own: DatabaseWrapper) -> None:
    with tenant_context(None):
        own.schema_name = "red"
        assert own.schema_name == own.tenant.schema_name == visible_schema(own) == "red"
        own.include_public_schema = False
        assert fetch_value(own, "SELECT current_schemas(false)") == ["red"]
        own.schema_name = "public"
        assert active_tenant() is None
        for name, value in (("schema_name", "red"), ("tenant", NamedTenant("red"))):
            with mock.patch.object(own, name, value):
                assert visible_schema(own) == "red"
            assert active_tenant() is None
        with mock.patch.object(own, "include_public_schema", new=False):
            assert not own.include_public_schema
        assert own.include_public_schema


@pytest.mark.parametrize("name", ["schema_context", "tenant_context"])
def test_context_managers_and_decorators_of_django_tenants_work(
    own: DatabaseWrapper, acme: Organization, name: str
) -> None:
    context: Any = getattr(django_tenants.utils, name)
    argument = acme if name == "tenant_context" else "acme"
    with tenant_context("red"):
        with context(argument):
            assert active_schema() == fetch_value(own, "SELECT current_schema()") == "acme"
        assert active_schema() == "red"
        assert context(argument)(active_schema)() == "acme"
        with pytest.raises(ZeroDivisionError), context(argument):
            raise ZeroDivisionError
        assert active_schema() == "red"


def test_with_organization_activates_the_organization(
    own: DatabaseWrapper, acme: Organization
) -> None:
    with acme, acme:
        assert fetch_value(own, "SELECT current_schema()") == "acme"
    assert active_schema() is None
    with tenant_context(None):
        acme.activate()
        assert active_schema() == "acme"
        Organization.deactivate()
        assert active_schema() is None


@pytest.mark.parametrize("kind", ["with organization", "schema_context", "tenant_context"])
def test_threads_can_share_context_managers_of_django_tenants(
    acme: Organization, kind: str
) -> None:
    context: Any = {
        "schema_context": django_tenants.utils.schema_context("acme"),
        "tenant_context": django_tenants.utils.tenant_context(acme),
    }.get(kind, acme)
    both_are_in, first_is_out = threading.Barrier(2), threading.Event()

    def work(schema: str) -> tuple[str | None, str | None]:
        with tenant_context(schema):
            with context:
                both_are_in.wait()
                if schema == "blue":
                    first_is_out.wait()
                inside = active_schema()
            outside = active_schema()
            first_is_out.set()
            return inside, outside

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(work, ["red", "blue"])) == [("acme", "red"), ("acme", "blue")]


def test_threads_can_share_a_decorated_function() -> None:
    together = threading.Barrier(2)

    @django_tenants.utils.schema_context("acme")
    def work() -> None:
        together.wait()

    def call(schema: str) -> str | None:
        with tenant_context(schema):
            work()
            return active_schema()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(call, ["red", "blue"])) == ["red", "blue"]


def test_tenant_command_runs_for_the_tenant(acme: Organization) -> None:
    with tenant_context(acme):
        Item.objects.create(sku="of-acme", price=1)
    output = StringIO()
    with tenant_context(None):
        call_command(
            "tenant_command", "dumpdata", "tenantry_items", schema_name="acme", stdout=output
        )
    assert "of-acme" in output.getvalue()


def test_a_change_of_tenant_keeps_content_types_cached(
    acme: Organization, django_assert_num_queries: Any
) -> None:
    ContentType.objects.get_for_model(Organization)
    with django_assert_num_queries(0), tenant_context(acme):
        acme.activate()
        ContentType.objects.get_for_model(Organization)


def test_a_change_of_tenant_clears_cached_content_types_of_tenants(
    acme: Organization, settings: Settings, django_assert_num_queries: Any
) -> None:
    settings.TENANT_APPS = [*settings.TENANT_APPS, "django.contrib.contenttypes"]
    ContentType.objects.get_for_model(Organization)
    with django_assert_num_queries(1), tenant_context(None):
        acme.activate()
        ContentType.objects.get_for_model(Organization)


def test_extra_set_tenant_method_receives_the_tenant(
    own: DatabaseWrapper, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[object] = []
    monkeypatch.setattr(stock, "EXTRA_SET_TENANT_METHOD", lambda *args: calls.append(args))
    with tenant_context(None):
        own.set_tenant(acme)
    assert calls == [(own, acme)]


def test_extra_search_paths_follow_public(
    own: DatabaseWrapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stock, "EXTRA_SEARCH_PATHS", ["blue"])
    with tenant_context("red"):
        assert fetch_value(own, "SELECT current_schemas(false)") == ["red", "public", "blue"]
