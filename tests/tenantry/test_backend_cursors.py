"""Server-side cursors, executemany, callproc and COPY, which do not call `execute`."""

from collections.abc import Iterator
from contextlib import nullcontext
from io import StringIO
from typing import Any

import psycopg2
import pytest
from django.db import ProgrammingError, transaction
from psycopg2 import extras

from tenant_apps.items.models import Item
from tenantry.context import tenant_context
from tenantry.errors import SchemaMissing
from tenantry.postgres.base import DatabaseWrapper
from tenantry.statements import several_statements

from .conftest import fetch_value, session_settings, visible_schema
from .wire import Wire


def notes(connection: DatabaseWrapper) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM note ORDER BY text")
        return [text for (text,) in cursor.fetchall()]


@pytest.fixture
def in_transaction(own: DatabaseWrapper) -> Any:
    """Roll back the rows of the test."""
    with transaction.atomic(using="own"):
        yield
        transaction.set_rollback(True, using="own")


def test_a_server_side_cursor_reads_the_tenant_that_opened_it(
    own: DatabaseWrapper, in_transaction: None
) -> None:
    with tenant_context("blue"):
        visible_schema(own)
    with tenant_context("red"):
        cursor = own.chunked_cursor()
        cursor.execute("SELECT text FROM note, generate_series(1, 5)")
    with tenant_context("blue"):
        assert visible_schema(own) == "blue"
        assert {text for (text,) in cursor} == {"red"}
    cursor.close()


def test_a_server_side_cursor_of_a_missing_schema_raises(
    own: DatabaseWrapper, in_transaction: None
) -> None:
    with tenant_context("nowhere"), pytest.raises(SchemaMissing, match="no schema 'nowhere'"):
        own.chunked_cursor().execute("SELECT 1")


def test_iteration_outside_of_a_transaction_leaves_no_cursor_on_the_server(
    own: DatabaseWrapper, wire: Wire
) -> None:
    with tenant_context("red"), own.chunked_cursor() as cursor:
        cursor.execute("SELECT text FROM note")
        assert cursor.fetchmany(2) == [("red",)]
    assert not any("DECLARE" in query for query in wire.queries)


def test_iteration_in_a_transaction_uses_a_server_side_cursor(
    own: DatabaseWrapper, wire: Wire
) -> None:
    with tenant_context("red"), transaction.atomic("own"), own.chunked_cursor() as cursor:
        cursor.execute("SELECT text FROM note")
        assert cursor.fetchmany(2) == [("red",)]
    assert any(query.startswith("DECLARE") and "WITHOUT HOLD" in query for query in wire.queries)


@pytest.mark.parametrize("atomic", [True, False])
def test_iterators_of_two_tenants_can_alternate(own: DatabaseWrapper, atomic: bool) -> None:
    with transaction.atomic(using="own") if atomic else nullcontext():
        iterators = []
        for schema in ("acme", "globex"):
            with tenant_context(schema):
                names = Item.objects.using("own").raw(
                    "SELECT generate_series AS id, current_schema() AS sku"
                    " FROM generate_series(1, 3)"
                )
                iterators.append(names.iterator())
                assert list(Item.objects.using("own").iterator(chunk_size=1)) == []
        for _ in range(3):
            for schema, iterator in zip(("acme", "globex"), iterators, strict=True):
                with tenant_context(schema):
                    assert next(iterator).sku == schema


def test_executemany_writes_to_the_tenant_and_counts_all_rows(
    own: DatabaseWrapper, in_transaction: None
) -> None:
    with tenant_context("blue"):
        visible_schema(own)
    with tenant_context("red"), own.cursor() as cursor:
        cursor.executemany("INSERT INTO note VALUES (%s)", [["a"], ["b%s"], ["c"]])
        assert cursor.rowcount == 3
        cursor.executemany("UPDATE note SET text = text WHERE text <> %s", [["a"], ["x"]])
        assert cursor.rowcount == 3 + 4
        cursor.executemany("INSERT INTO note VALUES ('%%' || %(a)s)", ({"a": x} for x in "de"))
        assert cursor.rowcount == 2
        assert notes(own) == ["%d", "%e", "a", "b%s", "c", "red"]
    with tenant_context("blue"):
        assert notes(own) == ["blue"]


def test_executemany_in_autocommit_writes_to_the_tenant(own: DatabaseWrapper) -> None:
    with tenant_context("red"), own.cursor() as cursor:
        cursor.executemany("INSERT INTO note VALUES (%s)", [["a"], ["b"]])
        cursor.executemany("DELETE FROM note WHERE text = %s", [["a"], ["b"]])
        assert cursor.rowcount == 2
        assert notes(own) == ["red"]


@several_statements(reason="A test of several statements.")
def test_executemany_of_do_is_one_transaction(own: DatabaseWrapper) -> None:
    with tenant_context("red"), own.cursor() as cursor:
        with pytest.raises(ProgrammingError):
            cursor.executemany(
                "DO $$ BEGIN EXECUTE 'INSERT INTO ' || %s || ' VALUES (1)'; END $$",
                [["note"], ["nothing"]],
            )
        assert notes(own) == ["red"]


def test_executemany_accepts_a_generator_that_reads_from_another_tenant(
    own: DatabaseWrapper, in_transaction: None
) -> None:
    @tenant_context("blue")
    def values() -> Iterator[list[str]]:
        for _ in range(2):
            yield [visible_schema(own)]

    for statement in (
        "INSERT INTO note VALUES (%s)",
        "EXPLAIN ANALYZE INSERT INTO note VALUES (%s)",
    ):
        with tenant_context("red"), own.cursor() as cursor:
            cursor.executemany(statement, values())
    with tenant_context("red"):
        assert notes(own) == ["blue", "blue", "blue", "blue", "red"]
    with tenant_context("blue"):
        assert notes(own) == ["blue"]


def test_callproc_finds_the_tenants_function(own: DatabaseWrapper) -> None:
    for schema in ("red", "blue"):
        with tenant_context(schema), own.cursor() as cursor:
            cursor.execute(
                "CREATE OR REPLACE FUNCTION owner() RETURNS text LANGUAGE sql"
                f" AS $$ SELECT '{schema}'; $$"
            )
    for schema in ("red", "blue"):
        with tenant_context(schema), own.cursor() as cursor:
            cursor.callproc("owner")
            assert cursor.fetchall() == [(schema,)]
            cursor.execute("DROP FUNCTION owner")


@pytest.mark.parametrize("atomic", [True, False])
def test_copy_reads_and_writes_the_tenants_table(own: DatabaseWrapper, atomic: bool) -> None:
    with transaction.atomic(using="own") if atomic else nullcontext():
        with tenant_context("blue"):
            visible_schema(own)
        with tenant_context("red"), own.cursor() as cursor:
            cursor.copy_from(StringIO("a\n"), "note")
            cursor.copy_expert("COPY note FROM STDIN", StringIO("b\n"))
            assert cursor.rowcount == 1
            written, also_written = StringIO(), StringIO()
            cursor.copy_to(written, "note")
            cursor.copy_expert("COPY note TO STDOUT", also_written)
            assert written.getvalue() == also_written.getvalue() == "red\na\nb\n"
            cursor.execute("DELETE FROM note WHERE text <> 'red'")


def test_a_copy_that_fails_leaves_no_transaction_open(own: DatabaseWrapper) -> None:
    with tenant_context("red"), own.cursor() as cursor:
        with pytest.raises(psycopg2.DataError, match="extra data"):
            cursor.copy_expert("COPY note FROM STDIN", StringIO("a\tb\n"))
        assert notes(own) == ["red"]
        assert session_settings(own) == []


def test_setting_the_search_path_first_does_not_change_the_results(own: DatabaseWrapper) -> None:
    with tenant_context("red"), own.cursor() as cursor:
        cursor.execute("EXPLAIN SELECT text FROM note")
        assert cursor.statusmessage == "EXPLAIN"
        assert cursor.description[0].name == "QUERY PLAN"
        assert cursor.rowcount == len(cursor.fetchall()) > 0


def test_a_prepared_statement_reads_the_tenant_that_executes_it(
    own: DatabaseWrapper,
) -> None:
    with tenant_context("red"), own.cursor() as cursor:
        cursor.execute("PREPARE read_note AS SELECT text FROM note")
    with tenant_context("blue"), own.cursor() as cursor:
        assert fetch_value(own, "EXECUTE read_note") == "blue"
        cursor.execute("DEALLOCATE read_note")


def test_named_cursors_of_every_class_iterate(own: DatabaseWrapper, in_transaction: None) -> None:
    numbers = "SELECT generate_series(1, 5) AS number"
    with tenant_context("red"):
        own.ensure_connection()
        with own.connection.cursor("a", cursor_factory=extras.DictCursor) as cursor:
            cursor.itersize = 2
            cursor.execute(numbers)
            assert [row["number"] for row in cursor] == [1, 2, 3, 4, 5]
        with own.connection.cursor("b", scrollable=True) as cursor:
            cursor.execute(numbers)
            cursor.scroll(2)
            assert cursor.fetchmany(2) == [(3,), (4,)]
            assert cursor.fetchall() == [(5,)]
        with own.connection.cursor("c", withhold=True) as cursor:
            cursor.execute(numbers)
            assert [*cursor][-1] == (5,)
