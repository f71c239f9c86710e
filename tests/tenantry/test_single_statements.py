"""In a tenant, a string of several statements is an error before it is sent, and so is a statement
that changes the role."""

from collections.abc import Callable
from io import StringIO
from itertools import product
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.db import ProgrammingError, models, transaction
from psycopg2 import errors, extensions, extras, sql

from tenantry.context import tenant_context
from tenantry.errors import SeveralStatements
from tenantry.postgres.base import DatabaseWrapper
from tenantry.statements import several_statements

from .conftest import fetch_value, visible_schema
from .wire import Wire

ROOT = Path(__file__).parents[2]
STACKED = "SELECT 1; RESET ROLE; SELECT 2"
ONE = sql.Literal(1)

Call = Callable[[Any], Any]

# Each sends several statements, or the first part of a text that becomes several.
CALLS: dict[str, Call] = {
    "text": lambda cursor: cursor.execute(STACKED),
    "bytes": lambda cursor: cursor.execute(STACKED.encode()),
    "composed": lambda cursor: cursor.execute(
        sql.SQL("SELECT {}; SELECT 2").format(sql.Literal(1))
    ),
    "a comment at the end": lambda cursor: cursor.execute("SELECT 1; SELECT 2 --"),
    "in a parameter without quotes": lambda cursor: cursor.execute(
        "SELECT %s", [extensions.AsIs("1; SELECT 2")]
    ),
    "one of many": lambda cursor: cursor.executemany(
        "SELECT %s", [[1], [extensions.AsIs("1; SELECT 2")]]
    ),
    "one of many of DDL": lambda cursor: cursor.executemany(
        "CREATE TABLE made (a int DEFAULT %s)", [[1], [extensions.AsIs("1); SELECT (2")]]
    ),
    "each of many": lambda cursor: cursor.executemany("SELECT %s; SELECT 2", [[1]]),
    "execute_batch": lambda cursor: extras.execute_batch(cursor, "SELECT %s", [[1], [2]]),
    "a copy": lambda cursor: cursor.copy_expert("COPY note TO STDOUT; SELECT 1", StringIO()),
    "a composed copy": lambda cursor: cursor.copy_expert(
        sql.SQL("COPY note TO STDOUT; SELECT 1"), StringIO()
    ),
    "a procedure's name": lambda cursor: cursor.callproc("now(); SELECT current_schema"),
    "a procedure's name with a comment": lambda cursor: cursor.callproc("now(); SELECT 2 --"),
    "a procedure's parameters": lambda cursor: cursor.callproc(
        "lower", [extensions.AsIs("'a'); SELECT ('b'")]
    ),
    "parameters that are a quote": lambda cursor: cursor.callproc(
        "concat", [extensions.AsIs("$$"), extensions.AsIs("$$); SELECT ($$"), "$$"]
    ),
    "a named parameter": lambda cursor: cursor.callproc(
        "lower", {"a": extensions.AsIs("'a'); SELECT ('b'")}
    ),
    "do": lambda cursor: cursor.execute("DO $$ BEGIN EXECUTE 'RESET ROLE'; END $$"),
    "many do": lambda cursor: cursor.executemany("DO %s", [["BEGIN END"]]),
    "discard": lambda cursor: cursor.execute("DISCARD ALL"),
}


@pytest.mark.parametrize("how", CALLS)
def test_several_statements_are_an_error_before_they_are_sent(
    own: DatabaseWrapper, wire: Wire, how: str
) -> None:
    with own.cursor() as cursor, tenant_context("red"):
        with pytest.raises(SeveralStatements, match="one by one"):
            CALLS[how](cursor)
        assert not [query for query in wire.queries if "SELECT 2" in query or "DO" in query]
        assert own.connection.info.transaction_status == 0
        assert visible_schema(own) == "red"
        assert fetch_value(own, "SELECT to_regclass('made')") is None


def test_several_statements_for_a_server_side_cursor_are_an_error(own: DatabaseWrapper) -> None:
    with tenant_context("red"), transaction.atomic("own"):
        own.ensure_connection()
        with own.create_cursor("named") as cursor, pytest.raises(SeveralStatements):
            cursor.execute(STACKED)
        with own.create_cursor('n"; SELECT 2; --') as cursor:
            cursor.execute("SELECT text FROM note")
            assert cursor.fetchall() == [("red",)]


SMUGGLED = 'note"; SELECT 2; --'
COPIES: list[Call] = [
    lambda cursor: cursor.copy_to(StringIO(), SMUGGLED),
    lambda cursor: cursor.copy_from(StringIO(), SMUGGLED),
    lambda cursor: cursor.copy_to(StringIO(), "note", columns=[SMUGGLED]),
    lambda cursor: cursor.copy_from(StringIO(), "note", columns=[SMUGGLED]),
]


@pytest.mark.parametrize("copy", COPIES)
def test_names_of_tables_and_columns_of_a_copy_are_quoted(own: DatabaseWrapper, copy: Call) -> None:
    missing = pytest.raises((errors.UndefinedTable, errors.UndefinedColumn))
    with tenant_context("red"), own.cursor() as cursor, missing:
        copy(cursor.cursor)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 'a; b'",
        "SELECT 'a'; ",
        "; SELECT 'a' ;; -- done;\n",
        "SELECT $$a; b$$ /* ; */",
        r"SELECT E'\'; b'",
    ],
)
def test_semicolons_in_one_statement_are_accepted(own: DatabaseWrapper, statement: str) -> None:
    with tenant_context("red"):
        assert fetch_value(own, statement)
        assert fetch_value(own, "SELECT %s", ["'; SELECT 2; --"]) == "'; SELECT 2; --"


def test_without_a_tenant_nothing_changes(own: DatabaseWrapper) -> None:
    assert fetch_value(own, "SELECT 1; RESET ROLE; SELECT 2") == 2
    with tenant_context("red"), tenant_context(None), own.cursor() as cursor:
        cursor.execute("DO $$ BEGIN NULL; END $$")
        cursor.execute("SET ROLE none")
        cursor.callproc("now(); SELECT lower", ["A"])
        assert cursor.fetchone() == ("a",)


def test_the_exit_allows_several_statements_in_its_block_only(own: DatabaseWrapper) -> None:
    with tenant_context("red"):
        with several_statements(reason="A test."):
            assert fetch_value(own, STACKED) == 2
            with pytest.raises(KeyError), several_statements(reason="Again."):
                raise KeyError
            assert fetch_value(own, STACKED) == 2
        with pytest.raises(SeveralStatements):
            fetch_value(own, STACKED)


@pytest.mark.parametrize("reason", ["", " "])
def test_the_exit_needs_a_reason(reason: str) -> None:
    with pytest.raises(ValueError, match="needs a reason"), several_statements(reason=reason):
        pass


def test_the_schema_editor_is_an_exit(own: DatabaseWrapper) -> None:
    """Migrations with RunSQL, and Django's own statements, have several in one string."""

    class Gone(models.Model):  # noqa: DJ008 (no rows)
        class Meta:
            app_label = "gone"

    with tenant_context("red"):
        with own.schema_editor() as editor:
            editor.create_model(Gone)
            editor.execute("SELECT 1; SELECT 2")
            fetch_value(own, STACKED)
        with pytest.raises(ZeroDivisionError), own.schema_editor():
            raise ZeroDivisionError
        with pytest.raises(SeveralStatements):
            fetch_value(own, STACKED)
        with own.schema_editor() as editor:
            editor.delete_model(Gone)


# Spellings of a parameter's name. Some change the role, some are other parameters.
NAMES = [
    *("ROLE", "role", "/* a */ Role", "--a\nROLE", '"role"', '"RoLe"', '/**/"ROLE"', "(role"),
    *("session_authorization", '"session_authorization"', "SESSION AUTHORIZATION"),
    *('U&"role"', 'u&"\\0072ole"', "U&\"!0072ole\" UESCAPE '!'", "all", '"all"', "LOCAL ROLE"),
    *("work_mem", '"work_mem"', "SESSION.role", '"a"."role"', "TIME ZONE", "role.a"),
]
SCOPES = ["", "SESSION ", "LOCAL ", "session/**/", "Local --\n"]
VALUES = ["", " none", " = none", " TO DEFAULT", " 'none'", " = 'none'", " {login}", " = {login}"]


def test_no_statement_that_changes_the_role_is_accepted(own: DatabaseWrapper) -> None:
    """The server decides which of many spellings change the role."""
    changed = 0
    login = fetch_value(own, "SELECT quote_ident(current_user)")
    plain = extensions.cursor(own.connection)
    with own.cursor() as cursor:
        for command, scope, name, value in product(["SET ", "reset\n"], SCOPES, NAMES, VALUES):
            for before in ("none", login):
                statement = f"{command}{scope}{name}{value.format(login=login)}"
                plain.execute(f"BEGIN; SET LOCAL ROLE {before}")
                try:
                    plain.execute(statement)
                    plain.execute("SELECT current_setting('role')")
                    (after,) = plain.fetchone() or ("",)
                except psycopg2.Error:
                    after = before
                plain.execute("ROLLBACK")
                if after != before.strip('"'):
                    changed += 1
                    with tenant_context("red"), pytest.raises(SeveralStatements):
                        cursor.execute(statement)
    assert changed > 100


@pytest.mark.parametrize(
    "statement",
    [
        "SET SESSION AUTHORIZATION DEFAULT",
        "SET LOCAL SESSION AUTHORIZATION DEFAULT",
        "RESET SESSION AUTHORIZATION",
        "RESET ALL",
        "/* a */ reset -- all\n all;",
        "DISCARD TEMP",
        "do ''",
    ],
)
def test_statements_that_reset_the_session_are_an_error(
    own: DatabaseWrapper, statement: str
) -> None:
    with tenant_context("red"), pytest.raises(SeveralStatements):
        fetch_value(own, statement)


@pytest.mark.parametrize(
    "statement",
    [
        "SET LOCAL work_mem = '4MB'",
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
        "SET TIME ZONE 'UTC'",
        "RESET work_mem",
        'SET LOCAL "a.role" = 1',
        "PREPARE p AS SELECT 1",
        "SHOW role",
    ],
)
def test_other_statements_of_the_session_are_accepted(own: DatabaseWrapper, statement: str) -> None:
    with tenant_context("red"), own.cursor() as cursor:
        cursor.execute(statement)
    own.close()


@pytest.mark.parametrize("encoding", ["SJIS", "BIG5", "GBK", "UHC", "GB18030", "SHIFT_JIS_2004"])
def test_semicolons_are_an_error_where_a_quote_can_be_half_a_letter(
    own: DatabaseWrapper, encoding: str
) -> None:
    with tenant_context("red"), own.cursor() as cursor:
        cursor.execute(f"SET client_encoding = {encoding}")
        cursor.execute("SELECT 'a'; ")
        with pytest.raises(ProgrammingError, match="use UTF8"):
            cursor.execute("SELECT 'a;b'")
        with several_statements(reason="A test."):
            cursor.execute("SELECT 1; SELECT 2")
    own.close()


def test_a_backslash_is_an_error_where_it_can_escape_a_quote(own: DatabaseWrapper) -> None:
    with tenant_context("red"), own.cursor() as cursor:
        cursor.execute("SET standard_conforming_strings = off")
        cursor.execute("SELECT 'a;b'")
        for text in (r"SELECT 'a\'; RESET ROLE; --'", r"SELECT 'a\; b'"):
            with pytest.raises(ProgrammingError, match="standard_conforming_strings"):
                cursor.execute(text)
    own.close()


def test_the_exits_of_this_repository() -> None:
    """Each use of `several_statements`, and of a cursor of psycopg2 that has no rule."""
    uses = [
        str(path.relative_to(ROOT))
        for folder in ("tenantry", "shared_apps", "tenant_apps", "config")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line in path.read_text().splitlines()
        if 'several_statements(reason="' in line or "extensions.cursor(" in line
    ]
    assert uses == [
        "tenantry/postgres/connection.py",  # sends the prefix before a large object is opened
        "tenantry/postgres/connection.py",  # reads the role
        "tenantry/postgres/cursor.py",  # sends the prefix
        "tenantry/postgres/cursor.py",
        "tenantry/postgres/editor.py",  # migrations
        "tenantry/postgres/named.py",  # sends the prefix again
        "tenantry/postgres/pinned.py",  # copies of schemas, and DDL of the fleet
    ]
