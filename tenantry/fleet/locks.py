"""Advisory locks of a run, and its lock timeouts.

All locks belong to a transaction. Behind a transaction pooler two clients can hold one
session-level lock, because they share the session. A transaction's lock also ends when its process
is killed.
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
"""The first of two keys. The second is 0 for RUN and TEMPLATE."""

SECONDS_BETWEEN_CHECKS = 5.0


class RunLock:
    """The lock that allows one run at a time, held by a transaction on its own connection."""

    def __init__(self, holder: BaseDatabaseWrapper) -> None:
        self._holder = holder
        self._checked = monotonic()
        self._lost = False

    def is_held(self) -> bool:
        """Return whether the connection is alive; checked at most every 5 seconds."""
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
    """Hold the lock of the run in this block.

    The transaction holds no snapshot between statements, so vacuum and CREATE INDEX CONCURRENTLY
    do not wait for it.

    Raises:
        RunInProgress: another run holds the lock.
    """
    holder = connection.copy()
    try:
        holder.set_autocommit(False)
        try:
            with holder.cursor() as cursor:
                # PostgreSQL needs a moment to release the lock of a killed run.
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
    """Lock the template until the transaction ends: shared to copy it, exclusive to migrate it."""
    suffix = "_shared" if shared else ""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock{suffix}(%s, 0)", [TEMPLATE])


def schema_key(schema_name: str) -> tuple[int, int]:
    return SCHEMA, zlib.crc32(schema_name.encode()) - 2**31


T = TypeVar("T")

SECONDS_BEFORE_RETRY = 0.5


def is_lock_timeout(error: BaseException) -> bool:
    return isinstance(error.__cause__, LockNotAvailable)


@dataclass(frozen=True, slots=True)
class LockPolicy:
    """How long a statement waits for a lock, and how often it is tried again.

    Attributes:
        lock_timeout: seconds; 0 waits without limit.
        lock_retries: attempts after the first one.
    """

    lock_timeout: float
    lock_retries: int

    @property
    def timeout_parameter(self) -> str:
        """PostgreSQL's `lock_timeout`; rounded up, because 0 would wait without limit."""
        return f"{ceil(self.lock_timeout * 1000)}ms"

    @contextmanager
    def in_block(self) -> Iterator[None]:
        """Set the timeout in this block, and retry statements outside of transactions.

        The caller retries transactions.
        """
        with self._timeout_set(), self.outside_transactions():
            yield

    @contextmanager
    def outside_transactions(self) -> Iterator[None]:
        """Set the timeout for each statement outside of transactions, and retry it.

        A statement that fails outside of a transaction changed nothing, so it can be sent again.
        """
        with connection.execute_wrapper(self._send):
            yield

    def _send(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any
    ) -> Any:
        if connection.in_atomic_block:
            return execute(sql, params, many, context)
        with self._timeout_set():
            return self.retry(partial(execute, sql, params, many, context))

    def _timeout_set(self) -> AbstractContextManager[None]:
        return cast("Any", connection).override_parameters(lock_timeout=self.timeout_parameter)  # type: ignore[no-any-return]

    def retry(self, work: Callable[[], T]) -> T:
        """Call `work`, again after each lock timeout, and return its result."""
        for _ in range(self.lock_retries):
            try:
                return work()
            except OperationalError as error:
                if not is_lock_timeout(error):
                    raise
            sleep(SECONDS_BEFORE_RETRY)
        return work()
