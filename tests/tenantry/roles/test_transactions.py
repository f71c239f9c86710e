"""The role follows the active tenant in each kind of transaction."""

from collections.abc import Callable
from functools import partial
from io import StringIO
from itertools import product
from typing import Any

import pytest
from django.db import DatabaseError, DataError, connection, transaction
from psycopg2 import errors

from tenantry.context import tenant_context
from tenantry.errors import RoleMissing
from tenantry.fleet.state import SchemaState
from tenantry.provisioning import create_schema
from tenantry.roles import as_owner, remember_role
from tenantry.statements import several_statements

from .conftest import Sql, assert_denied, forget_roles

ROLE = "SELECT current_user::text"


def role_of(schema_name: str) -> str:
    with tenant_context(None):
        return SchemaState.objects.get(pk=schema_name).role


def test_each_statement_has_the_role_of_its_tenant(two: tuple[str, str], sql: Sql) -> None:
    ((owner,),) = sql(ROLE)
    mine, other = two
    with tenant_context(mine):
        assert sql(ROLE) == [(role_of(mine),)]
        with tenant_context(other):
            assert sql(ROLE) == [(role_of(other),)]
        with tenant_context(None):
            assert sql(ROLE) == [(owner,)]
        with as_owner(reason="a test"):
            assert sql(ROLE + ", current_schema()::text") == [(owner, mine)]
        assert sql(ROLE) == [(role_of(mine),)]
    assert sql(ROLE) == [(owner,)]


def test_a_rolled_back_savepoint_does_not_keep_the_role(two: tuple[str, str], sql: Sql) -> None:
    mine, other = two
    with tenant_context(mine):
        assert_denied(lambda: sql(f"SELECT * FROM {other}.guard_app_tag"))
        assert sql(ROLE) == [(role_of(mine),)]


def test_a_role_that_cannot_be_read_is_not_the_owners(two: tuple[str, str], sql: Sql) -> None:
    """A failed transaction reads no role. Neither does what follows in the same message."""
    mine, other = two
    with tenant_context(mine):
        sql("SAVEPOINT before")
        with pytest.raises(DataError):
            sql("SELECT 1/0")
        forget_roles()
        connection.connection.new_roles = None
        with several_statements(reason="a test"), pytest.raises(DatabaseError):
            sql(f"ROLLBACK TO before; SELECT * FROM {other}.guard_app_tag")
        sql("ROLLBACK TO before")
        assert sql(ROLE) == [(role_of(mine),)]


def test_a_tenant_of_a_rolled_back_creation_has_no_role(db: None, sql: Sql) -> None:
    with transaction.atomic():
        create_schema("undone")
        with tenant_context("undone"):
            sql(ROLE)
        transaction.set_rollback(True)

    with tenant_context("undone"), pytest.raises(RoleMissing):
        sql(ROLE)


def test_a_tenant_created_again_gets_its_new_role(db: None, sql: Sql) -> None:
    with transaction.atomic():
        create_schema("again")
        transaction.set_rollback(True)
    with transaction.atomic():
        create_schema("taken_in_between")
    create_schema("again")

    with tenant_context("again"):
        assert sql(ROLE) == [(role_of("again"),)]


def test_as_owner_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="needs a reason"), as_owner(reason=" "):
        pass


def test_a_server_side_cursor_fetches_with_the_role_of_its_tenant(
    two: tuple[str, str], sql: Sql
) -> None:
    """PostgreSQL runs the functions of its query at each FETCH, with the role of that moment."""
    mine, other = two
    reads = (
        "SELECT number, CASE WHEN number > 1 THEN ts_rewrite("
        f"'a', 'SELECT ''a'', ''b'' FROM {other}.guard_app_tag WHERE id > ' || number) END "
        "FROM generate_series(1, 9) AS number"
    )

    def read(fetch: Callable[[Any], object], owned: bool) -> None:
        with tenant_context(mine):
            connection.ensure_connection()
            with connection.create_cursor("parts") as cursor:
                cursor.execute(reads)
                assert cursor.fetchone()[0] == 1
                with as_owner(reason="a test") if owned else tenant_context(other):
                    sql("SELECT 1")
                fetch(cursor)

    fetches: list[Callable[[Any], object]] = [
        lambda cursor: cursor.fetchone(),
        lambda cursor: cursor.fetchmany(2),
        lambda cursor: cursor.fetchall(),
        next,
        lambda cursor: cursor.scroll(3),
    ]
    for fetch, owned in product(fetches, [True, False]):
        assert_denied(partial(read, fetch, owned))


def test_a_role_that_does_not_exist_any_more_is_read_again(two: tuple[str, str], sql: Sql) -> None:
    """As in a process that has run since before its database was restored."""
    mine, _ = two
    connection.connection.new_roles = None
    with tenant_context(mine):
        for copies in True, False:
            remember_role(mine, "tenant_1_dropped")
            missing = pytest.raises((DataError, errors.InvalidParameterValue))
            with missing, transaction.atomic(), connection.cursor() as cursor:
                if copies:
                    cursor.copy_expert("COPY guard_app_tag TO STDOUT", StringIO())
                else:
                    cursor.execute(ROLE)
            assert sql(ROLE) == [(role_of(mine),)]
