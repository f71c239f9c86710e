"""The locks of the fleet: advisory ones of transactions, which a transaction pooler keeps whole.

A session's advisory lock through a pooler was acquired by two clients at once; one that belongs
to a transaction cannot be, and ends with whatever ends the process.
"""

import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from math import ceil
from time import monotonic, sleep
from typing import Any, TypeVar, cast

from django.db import Error, OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg2.errors import LockNotAvailable

from tenantry.errors import RunInProgress

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


T = TypeVar("T")

SECONDS_BEFORE_RETRY = 0.5


def is_blocked(error: BaseException) -> bool:
    """Return whether it failed because a lock could not be had in time."""
    return isinstance(error.__cause__, LockNotAvailable)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long and how often a lock is waited for.

    Attributes:
        lock_timeout: seconds that a statement waits for a lock, 0 for ever.
        lock_retries: how often what got no lock is tried again.
    """

    lock_timeout: float
    lock_retries: int

    @property
    def as_parameter(self) -> str:
        """PostgreSQL's `lock_timeout`; rounded up, since 0 would be for ever."""
        return f"{ceil(self.lock_timeout * 1000)}ms"

    @contextmanager
    def everywhere(self) -> Iterator[None]:
        """Keep to it in the block; a transaction that got no lock is the caller's to do again."""
        with self._set_as_parameter(), self.outside_transactions():
            yield

    @contextmanager
    def outside_transactions(self) -> Iterator[None]:
        """Keep to it in the block, statement by statement, but not in its transactions.

        A statement that got no lock has done nothing and is sent again. Of a transaction, that
        could not be said.
        """
        with connection.execute_wrapper(self._send):
            yield

    def _send(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any
    ) -> Any:
        if connection.in_atomic_block:
            return execute(sql, params, many, context)
        with self._set_as_parameter():
            return self.attempt(partial(execute, sql, params, many, context))

    def _set_as_parameter(self) -> AbstractContextManager[None]:
        return cast("Any", connection).override_parameters(lock_timeout=self.as_parameter)  # type: ignore[no-any-return]

    def attempt(self, work: Callable[[], T]) -> T:
        """Return what `work` returns, tried again a while later where it got no lock."""
        for _ in range(self.lock_retries):
            try:
                return work()
            except OperationalError as error:
                if not is_blocked(error):
                    raise
            sleep(SECONDS_BEFORE_RETRY)
        return work()
