"""enforce_wall brings a fleet to TENANT_ROLES, and back."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from shared_apps.organizations.models import Organization
from tenantry.context import tenant_context
from tenantry.errors import RoleMissing
from tenantry.fleet import roles
from tenantry.fleet.state import SchemaState
from tenantry.provisioning import create_schema
from tenantry.schemas.catalog import unusual_privileges
from tests.tenantry.guard_app.models import Tag

from .conftest import Sql, assert_denied

NAMES = ["before_a", "before_b"]


@pytest.fixture(autouse=True)
def fleet(db: None, settings: Settings) -> None:
    """Two tenants from before TENANT_ROLES."""
    settings.TENANT_ROLES = False
    for name in NAMES:
        Organization.objects.create(schema_name=name, name=name)
        create_schema(name)
        with tenant_context(name):
            Tag.objects.create(name="old")
    settings.TENANT_ROLES = True


def run(*arguments: str) -> Any:
    output = StringIO()
    call_command("enforce_wall", "--json", *arguments, stdout=output)
    return json.loads(output.getvalue())


def test_without_a_role_the_error_names_the_command() -> None:
    with tenant_context(NAMES[0]), pytest.raises(RoleMissing, match="enforce_wall"):
        Tag.objects.exists()


def test_each_tenant_gets_a_role_for_its_existing_tables(sql: Sql) -> None:
    assert set(NAMES) <= set(run()["given"])

    with tenant_context(NAMES[0]):
        assert Tag.objects.get().name == "old"
        Tag.objects.create(name="new")
        assert_denied(lambda: sql(f"SELECT * FROM {NAMES[1]}.guard_app_tag"))
    assert [unusual_privileges(name) for name in NAMES] == [[], []]
    assert run() == {"given": []}


def test_an_interrupted_run_continues_with_the_rest() -> None:
    roles.give_role(NAMES[0], has_tables=True)

    given = run()["given"]

    assert NAMES[1] in given
    assert NAMES[0] not in given


def test_a_restored_schema_without_its_privileges_gets_a_role_again(sql: Sql) -> None:
    """As after `pg_restore --no-privileges` into the same cluster."""
    run()
    lost = SchemaState.objects.get(pk=NAMES[0]).role
    sql(f"REVOKE ALL ON SCHEMA {NAMES[0]} FROM {lost}")

    assert run()["given"] == [NAMES[0]]

    with tenant_context(NAMES[0]):
        assert Tag.objects.exists()


def test_off_deletes_every_role(settings: Settings, sql: Sql) -> None:
    run()
    given = list(SchemaState.objects.filter(pk__in=NAMES).values_list("role", flat=True))
    with pytest.raises(CommandError, match="Set TENANT_ROLES to false"):
        run("--off")
    settings.TENANT_ROLES = False

    assert set(NAMES) <= set(run("--off")["removed"])

    assert sql("SELECT 1 FROM pg_roles WHERE rolname = ANY(%s)", given) == []
    assert [unusual_privileges(name) for name in NAMES] == [[], []]
    with tenant_context(NAMES[0]):
        assert Tag.objects.exists()
