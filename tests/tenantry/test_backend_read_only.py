"""In a read-only block PostgreSQL rejects every write, after any other statement."""

import io
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import psycopg2
import pytest
from django.db import DatabaseError, InternalError, transaction

from tenantry.context import tenant_context
from tenantry.postgres.base import DatabaseWrapper
from tenantry.statements import several_statements

from .conftest import fetch_value

Write = Callable[[Any], Any]

WRITE = "INSERT INTO note VALUES ('written')"
FUNCTION = f"""
    CREATE FUNCTION pg_temp.write() RETURNS void LANGUAGE plpgsql AS
    $$ BEGIN SET TRANSACTION READ WRITE; {WRITE}; END $$
"""


def sent(*statements: str) -> Write:
    def write(cursor: Any) -> None:
        for statement in statements:
            cursor.execute(statement)

    return write


def copied(cursor: Any) -> None:
    cursor.execute("SET TRANSACTION READ WRITE")
    cursor.copy_from(io.StringIO("written\n"), "note")


# PostgreSQL rejects each of these, at the last step or before.
WRITES: dict[str, Write] = {
    "insert": sent(WRITE),
    "another schema's table": sent("INSERT INTO blue.note VALUES ('written')"),
    "read write first": sent("SET TRANSACTION READ WRITE", WRITE),
    "read write first, in one string": sent(f"SET TRANSACTION READ WRITE; {WRITE}"),
    "read write by the parameter": sent(f"SET LOCAL transaction_read_only = off; {WRITE}"),
    "read write by a query": sent("SELECT set_config('transaction_read_only', 'off', true)"),
    "read write for the session": sent(
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE", "COMMIT", WRITE
    ),
    "after a commit": sent("COMMIT", WRITE),
    "in a read write transaction": sent("ROLLBACK", "BEGIN READ WRITE", WRITE),
    "in a savepoint": sent("BEGIN", "SAVEPOINT s", "SET TRANSACTION READ WRITE", WRITE),
    "prepared": sent(f"PREPARE p AS {WRITE}", "SET TRANSACTION READ WRITE", "EXECUTE p"),
    "by a block": sent(f"DO $$ BEGIN SET TRANSACTION READ WRITE; {WRITE}; END $$"),
    "by a function": sent("SET TRANSACTION READ WRITE", "SELECT pg_temp.write()"),
    "by a procedure's name": lambda cursor: cursor.callproc("pg_temp.write"),
    "in a query": sent(f"WITH w AS ({WRITE} RETURNING 1) SELECT * FROM w"),
    "explained": sent(f"EXPLAIN ANALYZE {WRITE}"),
    "many": lambda cursor: cursor.executemany("INSERT INTO note VALUES (%s)", [("written",)]),
    "copied": copied,
    "truncate": sent("TRUNCATE note"),
    "ddl": sent("CREATE TABLE more ()"),
    "ddl outside of a transaction": sent("CREATE INDEX CONCURRENTLY ON note (text)"),
}


@pytest.mark.parametrize("in_transaction", [True, False])
@pytest.mark.parametrize("how", WRITES)
@several_statements(reason="A test of several statements.")
def test_no_statement_writes(own: DatabaseWrapper, how: str, in_transaction: bool) -> None:
    with own.cursor() as cursor:
        cursor.execute(FUNCTION)
    transaction_or_none = transaction.atomic(using="own") if in_transaction else nullcontext()

    with (
        pytest.raises((DatabaseError, psycopg2.Error), match=r"read-only|read-write"),
        tenant_context("red", read_only=True),
        transaction_or_none,
        own.cursor() as cursor,
    ):
        WRITES[how](cursor)

    own.close()  # Some of them change the session.
    assert [notes(own, schema) for schema in ("red", "blue")] == [["red"], ["blue"]]


def notes(connection: DatabaseWrapper, schema: str) -> list[str]:
    with tenant_context(schema):
        return list(fetch_value(connection, "SELECT array_agg(text) FROM note"))


def test_on_commit_callbacks_of_a_read_only_block_cannot_write(own: DatabaseWrapper) -> None:
    def write() -> None:
        fetch_value(own, f"{WRITE} RETURNING text")

    def register() -> None:
        with transaction.atomic(using="own"), tenant_context("red", read_only=True):
            transaction.on_commit(write, using="own")

    with pytest.raises(InternalError, match="read-only"):
        register()
    assert notes(own, "red") == ["red"]


def test_inner_blocks_are_read_only_and_later_statements_are_not(own: DatabaseWrapper) -> None:
    with tenant_context("red", read_only=True):
        assert fetch_value(own, "SELECT text FROM note") == "red"
        for inside in ("red", "blue", None):
            with pytest.raises(InternalError, match="read-only"), tenant_context(inside):
                fetch_value(own, "INSERT INTO red.note VALUES ('written') RETURNING text")
        own.set_schema("blue")
        with pytest.raises(InternalError, match="read-only"):
            fetch_value(own, f"{WRITE} RETURNING text")

    with tenant_context("red"), transaction.atomic(using="own"):
        assert fetch_value(own, f"{WRITE} RETURNING text") == "written"
        transaction.set_rollback(True, using="own")


def test_a_read_only_savepoint_leaves_its_transaction_writable(
    own: DatabaseWrapper,
) -> None:
    with transaction.atomic(using="own"), tenant_context("red"):
        with tenant_context("red", read_only=True), transaction.atomic(using="own"):
            assert fetch_value(own, "SELECT text FROM note") == "red"
        assert fetch_value(own, f"{WRITE} RETURNING text") == "written"
        transaction.set_rollback(True, using="own")
