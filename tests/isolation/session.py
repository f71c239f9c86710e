"""A connection, and a model in plain Python of the rows that it must see after each step."""

from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

import psycopg2
import pytest
from django.db import DatabaseError, Error, InternalError
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.transaction import Atomic, atomic
from psycopg2 import errors, extensions

from .actions import Result, select

ALIVE = "SELECT FROM pg_stat_activity WHERE pid = %s"


class Leak(AssertionError):
    """A connection read or wrote rows of another tenant."""


class Kind(Enum):
    """How a transaction or savepoint was opened."""

    ATOMIC = auto()
    """By Django's `atomic()`: a transaction, or a savepoint in one."""
    SAVEPOINT = auto()
    """By raw SQL, without Django's knowledge."""
    BEGIN = auto()
    """By raw SQL: Django believes the connection is in autocommit."""


@dataclass(slots=True)
class Level:
    """A transaction or savepoint, and the number of rows written before it was opened."""

    kind: Kind
    written: int
    block: Atomic | None = None


@dataclass(slots=True)
class Session:
    """A connection and its model.

    Args:
        committed: the rows of each schema that all connections see.
    """

    wrapper: DatabaseWrapper
    committed: dict[str, list[int]]
    levels: list[Level] = field(default_factory=list)
    written: list[tuple[str, int]] = field(default_factory=list)
    broken: bool = False
    reused_cursor: Any = None
    """One cursor for all statements, instead of a new cursor for each."""

    # --- Reading ---

    def cursor(self) -> Any:
        return self.reused_cursor or self.wrapper.cursor()

    def expected(self, schema: str) -> list[int]:
        """Return the rows that a query of this connection must see in a schema."""
        own = [number for written_to, number in self.written if written_to == schema]
        return sorted([*self.committed[schema], *own])

    def check(self, schema: str, read: Callable[[Any], Result] = select) -> None:
        """Compare the current schema and its rows with the model.

        Raises:
            Leak: when they differ.
        """
        try:
            result = read(self.cursor())
        except (InternalError, errors.InFailedSqlTransaction):
            if not self.broken:
                raise
        else:
            expected = (schema, self.expected(schema))
            if self.broken or result != expected:
                raise Leak(f"Read {result} instead of {expected}.")

    def wrote(self, schema: str, *numbers: int) -> None:
        """Add rows to the model."""
        self.written.extend((schema, number) for number in numbers)
        if not self.levels:
            self._commit()

    # --- Transactions ---

    def enter_atomic(self) -> None:
        block = atomic(using=self.wrapper.alias)
        block.__enter__()
        self._push(Kind.ATOMIC, block)

    def leave_atomic(self, *, fail: bool) -> None:
        """Leave the innermost `atomic()`, with an exception if the transaction is broken."""
        index = self._innermost(Kind.ATOMIC)
        block = self.levels[index].block
        assert block
        if fail or self.broken:
            block.__exit__(RuntimeError, RuntimeError("raised at random"), None)
            self._roll_back_to(index)
        else:
            block.__exit__(None, None, None)
        self._close(index)

    def begin(self) -> None:
        self.cursor().execute("BEGIN")
        self._push(Kind.BEGIN)

    def end(self, *, commit: bool) -> None:
        """End the transaction of `begin`. COMMIT of a broken transaction rolls back."""
        self.cursor().execute("COMMIT" if commit else "ROLLBACK")
        if self.broken or not commit:
            self._roll_back_to(0)
        self._close(0)

    def savepoint(self) -> None:
        self.cursor().execute(f"SAVEPOINT s{len(self.levels)}")
        self._push(Kind.SAVEPOINT)

    def end_savepoint(self, *, release: bool) -> None:
        """Release the innermost savepoint, or roll back to it. A broken one is rolled back."""
        index = len(self.levels) - 1
        if release and not self.broken:
            self.cursor().execute(f"RELEASE SAVEPOINT s{index}")
            self._close(index)
        else:
            self.cursor().execute(f"ROLLBACK TO SAVEPOINT s{index}")
            self._roll_back_to(index)

    def has(self, kind: Kind) -> bool:
        return self._innermost(kind) >= 0

    def is_in(self, kind: Kind) -> bool:
        return bool(self.levels) and self.levels[-1].kind is kind

    def _innermost(self, kind: Kind) -> int:
        return max((i for i, level in enumerate(self.levels) if level.kind is kind), default=-1)

    def _push(self, kind: Kind, block: Atomic | None = None) -> None:
        self.levels.append(Level(kind, len(self.written), block))

    def _roll_back_to(self, index: int) -> None:
        del self.written[self.levels[index].written :]
        self.broken = False

    def _close(self, index: int) -> None:
        """Close a level and all levels in it. The outermost commits the rows written."""
        del self.levels[index:]
        if not self.levels:
            self._commit()

    def _commit(self) -> None:
        for schema, number in self.written:
            self.committed[schema].append(number)
        self.written.clear()

    # --- Failures ---

    def expect_failure(self, statement: Callable[[Any], Any]) -> None:
        """Run a failing statement. It breaks an open transaction."""
        try:
            statement(self.cursor())
        except (DatabaseError, psycopg2.DatabaseError):
            self.broken = bool(self.levels)
        else:
            raise AssertionError("This should have failed.")

    def expect_denial(self, statement: Callable[[Any], Any], *, in_savepoint: bool) -> None:
        """Run a statement that PostgreSQL must deny.

        Args:
            in_savepoint: whether a savepoint saves an open transaction.

        Raises:
            Leak: when PostgreSQL runs it.
        """
        saves = in_savepoint and bool(self.levels)
        if saves:
            self.cursor().execute("SAVEPOINT trespass")
        try:
            statement(self.cursor())
        except (DatabaseError, psycopg2.DatabaseError) as error:
            # Django does not wrap the errors of COPY.
            if not isinstance(error.__cause__ or error, errors.InsufficientPrivilege):
                raise
            self.broken = bool(self.levels) and not saves
        else:
            raise Leak("PostgreSQL denied nothing.")
        if saves:
            self.cursor().execute("ROLLBACK TO SAVEPOINT trespass")
            self.cursor().execute("RELEASE SAVEPOINT trespass")

    def reconnect(self) -> None:
        self.wrapper.close()
        self.reused_cursor = None

    def lose(self, observer: extensions.connection) -> None:
        """Let the server end the connection, then recover as Django does."""
        self.wrapper.ensure_connection()
        pid = self.wrapper.connection.info.backend_pid
        with observer.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
            cursor.execute(ALIVE, [pid])
            while cursor.rowcount:
                cursor.execute(ALIVE, [pid])
        with pytest.raises(Error), closing(self.wrapper.cursor()) as lost:
            lost.execute("SELECT 1")
        self.abandon()

    def abandon(self) -> None:
        """Leave all levels with an exception, and close."""
        while (index := self._innermost(Kind.ATOMIC)) >= 0:
            block = self.levels[index].block
            del self.levels[index:]
            with suppress(Error):
                assert block
                block.__exit__(RuntimeError, RuntimeError("The connection is lost."), None)
        self.levels.clear()
        self.written.clear()
        self.broken = False
        self.reconnect()
