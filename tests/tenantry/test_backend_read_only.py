"""In a read-only block PostgreSQL refuses every write, after any other statement."""

import io
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import psycopg2
import pytest
from django.db import DatabaseError, InternalError, transaction

from tenantry.context import tenant_context
from tenantry.postgres.base import DatabaseWrapper

from .conftest import ask

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


# Each is refused with its last step at the latest.
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
    "in a transaction that says so": sent("ROLLBACK", "BEGIN READ WRITE", WRITE),
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
    "ddl that refuses a transaction": sent("CREATE INDEX CONCURRENTLY ON note (text)"),
}


@pytest.mark.parametrize("in_transaction", [True, False])
@pytest.mark.parametrize("how", WRITES)
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

    own.close()  # Also what some of them set on the session.
    assert [notes(own, schema) for schema in ("red", "blue")] == [["red"], ["blue"]]


def notes(connection: DatabaseWrapper, schema: str) -> list[str]:
    with tenant_context(schema):
        return list(ask(connection, "SELECT array_agg(text) FROM note"))


def test_nor_does_what_is_left_for_after_the_commit(own: DatabaseWrapper) -> None:
    def write() -> None:
        ask(own, f"{WRITE} RETURNING text")

    def hand_over() -> None:
        with transaction.atomic(using="own"), tenant_context("red", read_only=True):
            transaction.on_commit(write, using="own")

    with pytest.raises(InternalError, match="read-only"):
        hand_over()
    assert notes(own, "red") == ["red"]


def test_blocks_inside_stay_read_only_and_the_next_statement_is_not(own: DatabaseWrapper) -> None:
    with tenant_context("red", read_only=True):
        assert ask(own, "SELECT text FROM note") == "red"
        for inside in ("red", "blue", None):
            with pytest.raises(InternalError, match="read-only"), tenant_context(inside):
                ask(own, "INSERT INTO red.note VALUES ('written') RETURNING text")
        own.set_schema("blue")
        with pytest.raises(InternalError, match="read-only"):
            ask(own, f"{WRITE} RETURNING text")

    with tenant_context("red"), transaction.atomic(using="own"):
        assert ask(own, f"{WRITE} RETURNING text") == "written"
        transaction.set_rollback(True, using="own")


def test_a_savepoint_s_block_leaves_the_transaction_around_it_as_it_was(
    own: DatabaseWrapper,
) -> None:
    with transaction.atomic(using="own"), tenant_context("red"):
        with tenant_context("red", read_only=True), transaction.atomic(using="own"):
            assert ask(own, "SELECT text FROM note") == "red"
        assert ask(own, f"{WRITE} RETURNING text") == "written"
        transaction.set_rollback(True, using="own")
