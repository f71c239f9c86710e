"""How long a migration waits for locks: readers queue up behind a statement that waits."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from math import ceil
from time import sleep
from typing import Any, TypeVar, cast

from django.db import OperationalError, connection
from psycopg2.errors import LockNotAvailable

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
        with self._carried(), self.outside_transactions():
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
        with self._carried():
            return self.attempt(partial(execute, sql, params, many, context))

    def _carried(self) -> AbstractContextManager[None]:
        return cast("Any", connection).carrying(lock_timeout=self.as_parameter)  # type: ignore[no-any-return]

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
