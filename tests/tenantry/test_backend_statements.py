"""Each statement is answered from the tenant that is active when it is sent, in autocommit."""

from types import SimpleNamespace

import pytest
from django.db import ProgrammingError, connections
from psycopg2 import extras, sql

from tenantry.context import tenant_context
from tenantry.errors import InvalidSchemaName
from tenantry.postgres.base import DatabaseWrapper

from .conftest import ask, here
from .wire import Wire

CARRIED = 'SET LOCAL search_path="red","public",pg_temp;\n'


def test_autocommit_statements_follow_the_tenant(own: DatabaseWrapper) -> None:
    for schema in ("red", "blue", "red"):
        with tenant_context(schema):
            assert here(own) == schema


def test_without_a_tenant_its_tables_do_not_exist(own: DatabaseWrapper) -> None:
    with pytest.raises(ProgrammingError, match='"note" does not exist'):
        ask(own, "SELECT text FROM note")
    assert ask(own, "SELECT current_schemas(false)") == ["public"]


def test_public_is_visible_behind_the_tenant_unless_left_out(own: DatabaseWrapper) -> None:
    with tenant_context("red"):
        assert ask(own, "SELECT current_schemas(false)") == ["red", "public"]
    with tenant_context("red", include_public=False):
        assert ask(own, "SELECT current_schemas(false)") == ["red"]


def test_statement_and_path_are_one_message(own: DatabaseWrapper, wire: Wire) -> None:
    with tenant_context("red"):
        here(own)
    assert wire.queries == [
        f"{CARRIED}SELECT text FROM note",
        f"{CARRIED}SELECT current_schema()",
    ]


def test_the_server_has_nothing_to_warn_about(own: DatabaseWrapper) -> None:
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


def test_results_are_those_of_the_statement(own: DatabaseWrapper) -> None:
    with tenant_context("red"), own.cursor() as cursor:
        cursor.execute("SELECT text AS what FROM note")
        assert cursor.rowcount == 1
        assert cursor.description[0].name == "what"
        assert cursor.statusmessage == "SELECT 1"
        cursor.execute("UPDATE note SET text = text WHERE false")
        assert (cursor.rowcount, cursor.statusmessage) == (0, "UPDATE 0")


@pytest.mark.parametrize(
    ("statement", "params", "answer"),
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
def test_raw_sql_means_what_it_says(
    own: DatabaseWrapper, statement: object, params: object, answer: str
) -> None:
    with tenant_context("red"), own.cursor() as cursor:
        cursor.execute(statement, params)
        assert cursor.fetchone() == (answer,)


def test_an_empty_statement_is_refused_as_psycopg2_does(own: DatabaseWrapper) -> None:
    for nothing in ("", "-- nothing"):
        with pytest.raises(ProgrammingError, match="can't execute an empty query"):
            ask(own, nothing)


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
def test_several_statements_in_one_string_all_work_for_the_tenant(
    own: DatabaseWrapper, statements: str
) -> None:
    with tenant_context("red"):
        assert ask(own, statements) == "red"


def test_a_set_before_a_query_in_one_string_cannot_bring_back_an_earlier_tenant(
    own: DatabaseWrapper,
) -> None:
    with own.cursor() as cursor:
        cursor.execute("BEGIN")
        with tenant_context("blue"):
            cursor.execute("SELECT 1")
        with tenant_context("red"):
            assert ask(own, "SET LOCAL work_mem = '4MB'; SELECT text FROM note") == "red"
        cursor.execute("ROLLBACK")


def test_a_temporary_table_does_not_hide_the_tenants(own: DatabaseWrapper) -> None:
    with tenant_context("red"), own.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE note AS SELECT 'temporary' AS text")
        assert here(own) == "red"
        assert ask(own, "SELECT text FROM pg_temp.note") == "temporary"
        cursor.execute("CREATE TEMPORARY TABLE scratch AS SELECT 1 AS a")
        assert ask(own, "SELECT a FROM scratch") == 1


def test_explain_explains_the_tenants_table(own: DatabaseWrapper) -> None:
    with tenant_context("red"):
        assert '"Schema": "red"' in str(
            ask(own, "SELECT 1; EXPLAIN (VERBOSE, FORMAT JSON) SELECT * FROM note")
        ).replace("'", '"')
        assert "red.note" in ask(own, "EXPLAIN (VERBOSE) SELECT * FROM note")


def test_listen_and_notify_work_outside_of_any_path(own: DatabaseWrapper) -> None:
    with tenant_context("red"), own.cursor() as cursor:
        cursor.execute("LISTEN orders")
        cursor.execute("NOTIFY orders, 'new'")
        own.connection.poll()
        (notification,) = own.connection.notifies
        assert notification.payload == "new"
        cursor.execute("UNLISTEN *")


def test_a_name_that_becomes_a_bad_one_never_reaches_the_server(
    own: DatabaseWrapper, wire: Wire
) -> None:
    tenant = SimpleNamespace(schema_name="red")
    with tenant_context(tenant):
        tenant.schema_name = 'x"; DROP SCHEMA red; --'
        with pytest.raises(InvalidSchemaName):
            ask(own, "SELECT 1")
    assert wire.queries == []


def test_psycopg2s_own_helpers_carry_the_tenant(own: DatabaseWrapper) -> None:
    own.ensure_connection()
    with tenant_context("red"), own.connection.cursor(cursor_factory=extras.DictCursor) as cursor:
        cursor.execute("SELECT text FROM note")
        assert cursor.fetchone()["text"] == "red"
        extras.execute_values(cursor, "INSERT INTO note VALUES %s", [("a;",), ("b",)])
        extras.execute_batch(cursor, "DELETE FROM note WHERE text = %s", [("a;",), ("b",)])
        assert here(own) == "red"


def test_each_alias_has_the_same_tenant(own: DatabaseWrapper) -> None:
    with tenant_context("red"):
        for alias in ("own", "default"):
            connection = connections[alias]
            assert isinstance(connection, DatabaseWrapper)
            assert connection.schema_name == "red"
