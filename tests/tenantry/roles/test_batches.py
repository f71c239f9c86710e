"""Roles are made ahead of need, so that a creation changes no membership."""

import re

from django.db import transaction

from tenantry.context import tenant_context
from tenantry.fleet import role_deletion, roles
from tenantry.fleet.roles import SpareRole
from tenantry.fleet.state import SchemaState
from tenantry.provisioning import create_schema

from .conftest import Sql, assert_denied

MEMBERSHIPS = "SELECT count(*) FROM pg_auth_members"


def test_a_creation_takes_a_role_that_is_ready(db: None, sql: Sql) -> None:
    create_schema("first_of_batch")
    before, ready = sql(MEMBERSHIPS), SpareRole.objects.count()

    create_schema("second_of_batch")

    assert sql(MEMBERSHIPS) == before
    assert SpareRole.objects.count() == ready - 1


def test_an_empty_store_is_filled_with_a_batch(db: None) -> None:
    SpareRole.objects.all().delete()

    create_schema("first_of_batch")

    assert SpareRole.objects.count() == roles.BATCH - 1


def test_a_restored_database_takes_no_role_that_is_missing_or_in_use(
    two: tuple[str, str], sql: Sql
) -> None:
    used = SchemaState.objects.get(pk=two[0]).role
    SpareRole.objects.all().delete()
    SpareRole.objects.bulk_create([SpareRole(name="tenant_1_missing"), SpareRole(name=used)])

    create_schema("after_restore")

    assert SchemaState.objects.get(pk="after_restore").role not in {"tenant_1_missing", used}
    with tenant_context("after_restore"):
        assert_denied(lambda: sql(f"SELECT * FROM {two[0]}.guard_app_tag"))


def test_the_login_made_none_of_them(two: tuple[str, str], sql: Sql) -> None:
    """Otherwise each CREATE ROLE would compute the login's memberships."""
    role = SchemaState.objects.get(pk=two[0]).role

    made_by = sql(
        "SELECT member::regrole::text FROM pg_auth_members "
        "WHERE roleid = %s::regrole AND admin_option",
        role,
    )

    # In PostgreSQL 15 CREATEROLE is enough, and no role is a member.
    assert made_by in ([(f"{role.rpartition('_')[0]}_maker",)], [])


def test_names_of_roles_are_short_and_hold_the_database(two: tuple[str, str], sql: Sql) -> None:
    """Databases of one server share its roles. A name has at most 63 bytes, and an oid 10 digits.

    https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS
    """
    ((oid,),) = sql("SELECT oid::text FROM pg_database WHERE datname = current_database()")
    prefix = f"tenant_{oid}_"

    names = {name for (name,) in sql("SELECT rolname FROM pg_roles") if name.startswith(prefix)}

    assert {f"{prefix}door", f"{prefix}reader", *(used(name) for name in two)} <= names
    assert all(
        re.fullmatch(r"door|reader|[0-9a-f]{8}_(\d\d?|maker)", each[len(prefix) :])
        for each in names
    )
    assert max(len(name) - len(oid) + 10 for name in names) <= 32


def used(schema_name: str) -> str:
    return SchemaState.objects.get(pk=schema_name).role


def test_a_rolled_back_creation_returns_its_role(db: None) -> None:
    create_schema("first_of_batch")
    ready = SpareRole.objects.count()

    with transaction.atomic():
        create_schema("undone")
        transaction.set_rollback(True)

    assert SpareRole.objects.count() == ready


def test_tenants_read_the_shared_tables_of_the_setting_only(
    two: tuple[str, str], sql: Sql, settings: object
) -> None:
    with tenant_context(two[0]):
        assert sql("SELECT count(*) FROM django_content_type")
        assert_denied(lambda: sql("SELECT * FROM guard_shared_bookmark"))

    settings.TENANT_ROLES_MAY_READ = ["guard_shared.Bookmark"]  # type: ignore[attr-defined]
    roles.grant_shared_tables()
    roles.grant_shared_tables()

    with tenant_context(two[0]):
        assert sql("SELECT count(*) FROM guard_shared_bookmark")
        assert_denied(lambda: sql("SELECT * FROM django_content_type"))


def test_roles_in_use_stay_usable_after_delete_roles(two: tuple[str, str], sql: Sql) -> None:
    role_deletion.delete_roles()

    for schema_name in two:
        with tenant_context(schema_name):
            assert sql("SELECT current_schema()::text") == [(schema_name,)]
