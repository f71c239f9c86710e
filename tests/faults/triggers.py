"""Triggers that fail a statement, or let it wait until the test goes on."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any, TypeVar

from tests.isolation.servers import Program
from tests.processes import PATIENCE

from .service import wait_until

Result = TypeVar("Result")

BACKENDS = """
    FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


@contextmanager
def fault(database: Program, schema: str, body: str, trigger: str) -> Iterator[None]:
    """Add a trigger, and its function `fault`, which a schema has during a block."""
    query(
        database,
        f"CREATE FUNCTION {schema}.fault() RETURNS trigger LANGUAGE plpgsql "
        f"AS $$BEGIN {body}; RETURN NEW; END$$; {trigger}",
    )
    try:
        yield
    finally:
        query(database, f"DROP FUNCTION {schema}.fault() CASCADE")


@contextmanager
def request_that_waits(
    database: Program, schema: str, trigger: str, send: Callable[[], Result]
) -> Iterator[tuple[Callable[[], Result], int]]:
    """Send a request that waits in a trigger during a block.

    Yields a function that waits for the result of `send`, and the process id of the backend.
    """
    lock = "PERFORM pg_advisory_xact_lock(1)"
    with (
        fault(database, schema, lock, trigger),
        ThreadPoolExecutor(1) as thread,
        closing(database.server.connect()) as holder,
    ):
        holder.cursor().execute("SELECT pg_advisory_lock(1)")
        sent = thread.submit(send)
        wait_until(lambda: waiting(database))
        yield lambda: sent.result(PATIENCE), waiting(database)[0]


def query(database: Program, sql: str) -> list[Any]:
    with closing(database.server.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


def waiting(database: Program) -> list[int]:
    """Return the process ids of backends that wait for an advisory lock."""
    return [pid for (pid,) in query(database, f"SELECT pid {BACKENDS} AND wait_event = 'advisory'")]
