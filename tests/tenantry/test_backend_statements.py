"""In autocommit, each statement reads the tenant that is active when it is sent."""

from types import SimpleNamespace

import pytest
from django.db import ProgrammingError, connections
from psycopg2 import extras, sql

from tenantry.context import tenant_context
from tenantry.errors import InvalidSchemaName
from tenantry.postgres.base import DatabaseWrapper
from tenantry.statements import several_statements

from .conftest import fetch_value, visible_schema
from .wire import Wire

PREFIX = 'SET LOCAL search_path="red","public",pg_temp;\n'


def test_autocommit_statements_follow_the_tenant(own: DatabaseWrapper) -> None:
    for schema in ("red", "blue", "red"):
        with tenant_context(schema):
            assert visible_schema(own) == schema


def test_tables_of_tenants_are_not_found_without_a_tenant(own: DatabaseWrapper) -> None:
    with pytest.raises(ProgrammingError, match='"note" does not exist'):
        fetch_value(own, "SELECT text FROM note")
    assert fetch_value(own, "SELECT current_schemas(false)") == ["public"]


def test_public_follows_the_tenant_unless_include_public_is_false(own: DatabaseWrapper) -> None:
    with tenant_context("red"):
        assert fetch_value(own, "SELECT current_schemas(false)") == ["red", "public"]
    with tenant_context("red", include_public=False):
        assert fetch_value(own, "SELECT current_schemas(false)") == ["red"]


def test_the_search_path_is_sent_in_the_same_message(own: DatabaseWrapper, wire: Wire) -> None:
    with tenant_context("red"):
        visible_schema(own)
    assert wire.queries == [
        f"{PREFIX}SELECT text FROM note",
        f"{PREFIX}SELECT current_schema()",
    ]


@several_statements(reason="A test of several statements.")
def test_the_server_sends_no_warnings(own: DatabaseWrapper) -> None:
    with tenant_context("red"), own.cursor() as cursor:
        for statement in ("SELECT 1", "EXPLAIN SELECT 1", "SHOW work_mem", "SELECT 1; SELECT 2"):
            cursor.execute(statement)
    assert own.connection.notices == []


def test_a_cursor_that_stays_open_follows_the_tenant(own: DatabaseWrapper) -> None:
    with own.cursor() as cursor:
        for schema in ("red", "blue"):
            with tenant_context(schema):
                cursor.execute("SELECT text FROM note")
                assert cursor.fetchall() == [(schema,)]


def test_the_prefix_does_not_change_results(own: DatabaseWrapper) -> None:
    with tenant_context("red"), own.cursor() as cursor:
        cursor.execute("SELECT text AS what FROM note")
        assert cursor.rowcount == 1
        assert cursor.description[0].name == "what"
        assert cursor.statusmessage == "SELECT 1"
        cursor.execute("UPDATE note SET text = text WHERE false")
        assert (cursor.rowcount, cursor.statusmessage) == (0, "UPDATE 0")


@pytest.mark.parametrize(
    ("statement", "params", "expected"),
    [
        ("SELECT '%'", None, "%"),
        ("SELECT '%s %(a)s 100%'", None, "%s %(a)s 100%"),
        ("SELECT '%%' || %s", ["x"], "%x"),
        ("SELECT %(a)s || '%%'", {"a": "x"}, "x%"),
        (b"SELECT text FROM note", None, "red"),
        (b"SELECT text || %s FROM note", ["!"], "red!"),
        (sql.SQL("SELECT {} FROM note").format(sql.Identifier("text")), None, "red"),
        (sql.SQL("SELECT text || %s FROM {}").format(sql.Identifier("note")), ["!"], "red!"),
        ("-- why\n/* and /* how */ ; */ (SELECT text FROM note)", None, "red"),
        ("VALUES (current_schema()::text)", None, "red"),
        ("TABLE note", None, "red"),
        ("WITH a AS (SELECT text FROM note) SELECT * FROM a;", None, "red"),
        ("SELECT 'ö' || text FROM note", None, "öred"),
    ],
)
def test_raw_sql_works_unchanged(
    own: DatabaseWrapper, statement: object, params: object, expected: str
) -> None:
    with tenant_context("red"), own.cursor() as cursor:
        cursor.execute(statement, params)
        assert cursor.fetchone() == (expected,)


def test_an_empty_statement_raises_the_error_of_psycopg2(own: DatabaseWrapper) -> None:
    for empty in ("", "-- nothing"):
        with pytest.raises(ProgrammingError, match="can't execute an empty query"):
            fetch_value(own, empty)


@pytest.mark.parametrize(
    "statements",
    [
        "SELECT 1; SELECT text FROM note",
        "SHOW work_mem; SELECT text FROM note",
        "SET LOCAL search_path = blue; SELECT text FROM note",
        "SELECT ';'; ROLLBACK; SELECT text FROM note;",
        "CREATE TEMP TABLE a (b int); DROP TABLE a; SELECT text FROM note",
        "BEGIN; SELECT 1; COMMIT; SELECT text FROM note",
    ],
)
@several_statements(reason="A test of several statements.")
def test_all_statements_of_one_string_read_the_tenant(
    own: DatabaseWrapper, statements: str
) -> None:
    with tenant_context("red"):
        assert fetch_value(own, statements) == "red"


@several_statements(reason="A test of several statements.")
def test_a_set_before_a_query_does_not_restore_an_earlier_tenant(
    own: DatabaseWrapper,
) -> None:
    with own.cursor() as cursor:
        cursor.execute("BEGIN")
        with tenant_context("blue"):
            cursor.execute("SELECT 1")
        with tenant_context("red"):
            assert fetch_value(own, "SET LOCAL work_mem = '4MB'; SELECT text FROM note") == "red"
        cursor.execute("ROLLBACK")


def test_a_temporary_table_does_not_hide_the_tenants_table(own: DatabaseWrapper) -> None:
    with tenant_context("red"), own.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE note AS SELECT 'temporary' AS text")
        assert visible_schema(own) == "red"
        assert fetch_value(own, "SELECT text FROM pg_temp.note") == "temporary"
        cursor.execute("CREATE TEMPORARY TABLE scratch AS SELECT 1 AS a")
        assert fetch_value(own, "SELECT a FROM scratch") == 1


@several_statements(reason="A test of several statements.")
def test_explain_explains_the_tenants_table(own: DatabaseWrapper) -> None:
    with tenant_context("red"):
        assert '"Schema": "red"' in str(
            fetch_value(own, "SELECT 1; EXPLAIN (VERBOSE, FORMAT JSON) SELECT * FROM note")
        ).replace("'", '"')
        assert "red.note" in fetch_value(own, "EXPLAIN (VERBOSE) SELECT * FROM note")


def test_listen_and_notify_work(own: DatabaseWrapper) -> None:
    with tenant_context("red"), own.cursor() as cursor:
        cursor.execute("LISTEN orders")
        cursor.execute("NOTIFY orders, 'new'")
        own.connection.poll()
        (notification,) = own.connection.notifies
        assert notification.payload == "new"
        cursor.execute("UNLISTEN *")


def test_a_schema_name_that_becomes_invalid_is_not_sent(own: DatabaseWrapper, wire: Wire) -> None:
    tenant = SimpleNamespace(schema_name="red")
    with tenant_context(tenant):
        tenant.schema_name = 'x"; DROP SCHEMA red; --'
        with pytest.raises(InvalidSchemaName):
            fetch_value(own, "SELECT 1")
    assert wire.queries == []


def test_helpers_of_psycopg2_read_and_write_the_tenant(own: DatabaseWrapper) -> None:
    own.ensure_connection()
    with tenant_context("red"), own.connection.cursor(cursor_factory=extras.DictCursor) as cursor:
        cursor.execute("SELECT text FROM note")
        assert cursor.fetchone()["text"] == "red"
        extras.execute_values(cursor, "INSERT INTO note VALUES %s", [("a;",), ("b",)])
        with several_statements(reason="execute_batch sends all statements in one string."):
            extras.execute_batch(cursor, "DELETE FROM note WHERE text = %s", [("a;",), ("b",)])
        assert visible_schema(own) == "red"


def test_all_aliases_have_the_same_tenant(own: DatabaseWrapper) -> None:
    with tenant_context("red"):
        for alias in ("own", "default"):
            connection = connections[alias]
            assert isinstance(connection, DatabaseWrapper)
            assert connection.schema_name == "red"
