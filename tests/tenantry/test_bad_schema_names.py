"""To activate a tenant with an invalid schema name raises, and the tenant does not change."""

from collections.abc import Callable
from typing import Any

import django_tenants.utils
import pytest
from django.core.management import CommandError, call_command
from django_tenants.postgresql_backend.base import FakeTenant

from shared_apps.organizations.models import Organization
from tenantry.context import NamedTenant, active_schema, replace_tenant, tenant_context
from tenantry.errors import InvalidSchemaName
from tenantry.postgres.base import DatabaseWrapper

from .conftest import visible_schema

NAMES = [
    *("_", "", " ", "red ", " red", "red\n", "Red", "RED", "1red", "a-b", "a b", "a.b", "é"),
    *('a"b', "a'b", "a;b", "a%s", "a\\b", "a\0", "a" * 64, "pg_temp", "pg_catalog", "pg_x"),
    *("information_schema", "PUBLIC", "public ", None),
]

SET: dict[str, Callable[[DatabaseWrapper, Any], object]] = {
    "set_schema": lambda own, name: own.set_schema(name),
    "set_tenant": lambda own, name: own.set_tenant(FakeTenant(name)),
    "connection.tenant": lambda own, name: setattr(own, "tenant", NamedTenant(name)),
    "replace_tenant": lambda own, name: replace_tenant(NamedTenant(name)),
    "activate": lambda own, name: Organization(schema_name=name).activate(),
    "with organization": lambda own, name: Organization(schema_name=name).__enter__(),
    "schema_context": lambda own, name: django_tenants.utils.schema_context(name).__enter__(),
    "django-tenants' tenant_context": lambda own, name: django_tenants.utils.tenant_context(
        FakeTenant(name)
    ).__enter__(),
    "tenant_context": lambda own, name: tenant_context(NamedTenant(name)).__enter__(),
    "tenant_context as decorator": lambda own, name: tenant_context(NamedTenant(name))(list)(),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("setter", SET)
def test_an_invalid_name_raises_and_keeps_the_tenant(
    own: DatabaseWrapper, setter: str, name: str
) -> None:
    with tenant_context("red"):
        with pytest.raises(InvalidSchemaName, match="schema name"):
            SET[setter](own, name)
        assert visible_schema(own) == "red"
    assert active_schema() is None


ARGUMENTS = [name for name in NAMES if name is not None and "\0" not in name]


@pytest.mark.parametrize("name", [*ARGUMENTS, "0", "-1", "nowhere"])
def test_tenant_command_accepts_only_the_exact_schema_name(acme: Organization, name: str) -> None:
    with pytest.raises(CommandError, match="There is no tenant"):
        call_command("tenant_command", "dumpdata", "tenantry_items", schema_name=name)
    assert active_schema() is None
