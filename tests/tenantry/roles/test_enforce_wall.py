"""enforce_wall brings a fleet to TENANT_ROLES, and back."""

import json
import re
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from shared_apps.organizations.models import Organization
from tenantry.context import tenant_context
from tenantry.errors import RoleMissing
from tenantry.fleet import role_deletion, roles
from tenantry.fleet.roles import SpareRole
from tenantry.fleet.state import SchemaState
from tenantry.provisioning import create_schema
from tenantry.roles import forget_role
from tenantry.schemas.catalog import unusual_privileges
from tests.conftest import InThread, one_after_the_other
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
    assert run()["given"] == []


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


@pytest.fixture
def lost(sql: Sql) -> str:
    """The role of a tenant that has lost its schema."""
    run()
    role = SchemaState.objects.get(pk=NAMES[0]).role
    sql(f"DROP SCHEMA {NAMES[0]} CASCADE")
    return role


def exists(sql: Sql, role: str) -> bool:
    return bool(sql("SELECT 1 FROM pg_roles WHERE rolname = %s", role))


def test_roles_of_schemas_that_no_longer_exist_are_deleted(lost: str, sql: Sql) -> None:
    ready = set(SpareRole.objects.values_list("pk", flat=True))

    assert lost in run()["deleted"]

    assert not exists(sql, lost)
    assert all(exists(sql, role) for role in ready)
    assert SchemaState.objects.get(pk=NAMES[0]).role == ""
    with tenant_context(NAMES[1]):
        assert Tag.objects.get().name == "old"
    assert run() == {"given": [], "deleted": []}


def test_so_is_the_role_of_a_schema_without_a_state(lost: str, sql: Sql) -> None:
    SchemaState.objects.filter(pk=NAMES[0]).delete()

    assert lost in run()["deleted"]


def test_a_schema_that_is_created_again_gets_another_role(lost: str) -> None:
    run()

    create_schema(NAMES[0])

    assert SchemaState.objects.get(pk=NAMES[0]).role not in {"", lost}
    with tenant_context(NAMES[0]):
        assert not Tag.objects.exists()


def test_a_role_with_large_objects_stays_until_they_are_deleted(sql: Sql) -> None:
    run()
    role = SchemaState.objects.get(pk=NAMES[0]).role
    with tenant_context(NAMES[0]):
        ((number,),) = sql("SELECT lo_create(0)")
    sql(f"DROP SCHEMA {NAMES[0]} CASCADE")

    assert role not in run()["deleted"]
    assert exists(sql, role)
    sql(f"DO $$ BEGIN SET LOCAL ROLE {role}; PERFORM lo_unlink({number}); RESET ROLE; END $$")

    assert role in run()["deleted"]


def test_a_schema_that_is_being_created_again_keeps_its_new_role(
    in_thread: InThread, committed_organization: Organization
) -> None:
    name = committed_organization.schema_name

    def drop() -> str:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA {name} CASCADE")
        forget_role(name)
        return SchemaState.objects.get(pk=name).role

    old = in_thread(drop).result()

    deleted = one_after_the_other(
        in_thread, lambda: create_schema(name), role_deletion.delete_unused_roles
    )

    assert old in deleted
    assert in_thread(lambda: SchemaState.objects.get(pk=name).role).result() not in {"", old}


def test_the_output_counts_what_was_done(lost: str) -> None:
    output = StringIO()

    call_command("enforce_wall", stdout=output)

    assert re.fullmatch(
        r"Gave roles to 0 tenants. Deleted \d+ roles of schemas that no longer exist.\n",
        output.getvalue(),
    )


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
