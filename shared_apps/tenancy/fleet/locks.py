"""The locks of the fleet: advisory ones of transactions, which a transaction pooler keeps whole.

A session's advisory lock through a pooler was acquired by two clients at once; one that belongs
to a transaction cannot be, and ends with whatever ends the process.
"""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from django.db import Error, OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg2.errors import LockNotAvailable

from ..errors import RunInProgress

RUN = 1
TEMPLATE = 2
SCHEMA = 3
"""First of the two keys; the second is 0 for RUN and TEMPLATE."""

SECONDS_BETWEEN_CHECKS = 5.0


class RunLock:
    """That this is the only run, held by an open transaction on a connection of its own."""

    def __init__(self, holder: BaseDatabaseWrapper) -> None:
        self._holder = holder
        self._checked = monotonic()
        self._lost = False

    def is_held(self) -> bool:
        """Return whether the connection that holds it lives, which is asked every few seconds."""
        if not self._lost and monotonic() - self._checked >= SECONDS_BETWEEN_CHECKS:
            try:
                with self._holder.cursor() as cursor:
                    cursor.execute("SELECT 1")
            except Error:
                self._lost = True
            self._checked = monotonic()
        return not self._lost


@contextmanager
def run_lock() -> Iterator[RunLock]:
    """Be the only run while the block lasts.

    The transaction holds no snapshot between statements, so vacuum and CREATE INDEX CONCURRENTLY
    do not wait for it.

    Raises:
        RunInProgress: when there is another one.
    """
    holder = connection.copy()
    try:
        holder.set_autocommit(False)
        try:
            with holder.cursor() as cursor:
                # PostgreSQL may take a moment to notice that a killed run is gone.
                cursor.execute("SET LOCAL lock_timeout = '500ms'")
                cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [RUN])
                cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
            holder.rollback()
            raise RunInProgress(_other_run(holder)) from error
        yield RunLock(holder)
    finally:
        holder.close()


def _other_run(holder: BaseDatabaseWrapper) -> str:
    with holder.cursor() as cursor:
        cursor.execute(
            """
            SELECT pid, to_char(xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')
            FROM pg_locks JOIN pg_stat_activity USING (pid)
            WHERE locktype = 'advisory' AND classid = %s AND objid = 0 AND granted
                AND datname = current_database()
            """,
            [RUN],
        )
        row = cursor.fetchone()
    since = f" (PostgreSQL process {row[0]}, since {row[1]} UTC)" if row else ""
    return f"Another run is migrating this database{since}; this one did nothing."


def lock_template(*, shared: bool) -> None:
    """Keep the template as it is (shared), or from being copied, until the transaction ends."""
    suffix = "_shared" if shared else ""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock{suffix}(%s, 0)", [TEMPLATE])


def schema_key(schema_name: str) -> tuple[int, int]:
    """Return the keys of the lock under which a schema is migrated."""
    return SCHEMA, zlib.crc32(schema_name.encode()) - 2**31
