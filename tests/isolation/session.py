"""A connection, driven step by step, beside a model in plain Python of what it must see."""

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

from .actions import Answer, select

ALIVE = "SELECT FROM pg_stat_activity WHERE pid = %s"


class Leak(AssertionError):
    """A connection saw or wrote what is not its tenant's."""


class Kind(Enum):
    """How a level of a transaction was opened."""

    ATOMIC = auto()
    """By Django's `atomic()`: a transaction, or a savepoint in one."""
    SAVEPOINT = auto()
    """By raw SQL: Django knows nothing of it."""
    BEGIN = auto()
    """By raw SQL: Django thinks that the connection is in autocommit."""


@dataclass(slots=True)
class Level:
    """A transaction or savepoint, and how many rows had been written when it was opened."""

    kind: Kind
    written: int
    block: Atomic | None = None


@dataclass(slots=True)
class Session:
    """A connection and the model of it.

    Args:
        committed: the rows of each schema that all connections see.
    """

    wrapper: DatabaseWrapper
    committed: dict[str, list[int]]
    levels: list[Level] = field(default_factory=list)
    written: list[tuple[str, int]] = field(default_factory=list)
    broken: bool = False
    kept: Any = None
    """A cursor that is used for one statement after the other, instead of new ones."""

    # --- What it sees ---

    def cursor(self) -> Any:
        """Return the cursor kept, or a new one, as Django makes one for each statement."""
        return self.kept or self.wrapper.cursor()

    def expected(self, schema: str) -> list[int]:
        """Return the rows that a query for a schema must see now."""
        own = [number for written_to, number in self.written if written_to == schema]
        return sorted([*self.committed[schema], *own])

    def look(self, schema: str, read: Callable[[Any], Answer] = select) -> None:
        """Read, and compare where the connection works and what it sees with the model.

        Raises:
            Leak: where they differ.
        """
        try:
            answer = read(self.cursor())
        except (InternalError, errors.InFailedSqlTransaction):
            if not self.broken:
                raise
        else:
            expected = (schema, self.expected(schema))
            if self.broken or answer != expected:
                raise Leak(f"{answer} was seen instead of {expected}.")

    def wrote(self, schema: str, *numbers: int) -> None:
        """Take rows into the model; in autocommit they are everybody's at once."""
        self.written.extend((schema, number) for number in numbers)
        if not self.levels:
            self._commit()

    # --- Transactions ---

    def enter_atomic(self) -> None:
        block = atomic(using=self.wrapper.alias)
        block.__enter__()
        self._push(Kind.ATOMIC, block)

    def leave_atomic(self, *, fail: bool) -> None:
        """Leave the innermost `atomic()`, by an exception where the transaction is broken."""
        index = self._innermost(Kind.ATOMIC)
        block = self.levels[index].block
        assert block
        if fail or self.broken:
            block.__exit__(RuntimeError, RuntimeError("thrown at random"), None)
            self._forget_since(index)
        else:
            block.__exit__(None, None, None)
        self._close(index)

    def begin(self) -> None:
        self.cursor().execute("BEGIN")
        self._push(Kind.BEGIN)

    def end(self, *, commit: bool) -> None:
        """End by raw SQL what `begin` began; COMMIT of a broken transaction rolls back."""
        self.cursor().execute("COMMIT" if commit else "ROLLBACK")
        if self.broken or not commit:
            self._forget_since(0)
        self._close(0)

    def savepoint(self) -> None:
        self.cursor().execute(f"SAVEPOINT s{len(self.levels)}")
        self._push(Kind.SAVEPOINT)

    def end_savepoint(self, *, release: bool) -> None:
        """Release the innermost level, or undo what came after it, as where that is broken."""
        index = len(self.levels) - 1
        if release and not self.broken:
            self.cursor().execute(f"RELEASE SAVEPOINT s{index}")
            self._close(index)
        else:
            self.cursor().execute(f"ROLLBACK TO SAVEPOINT s{index}")
            self._forget_since(index)

    def has(self, kind: Kind) -> bool:
        """Return whether a level of this kind is open."""
        return self._innermost(kind) >= 0

    def is_in(self, kind: Kind) -> bool:
        """Return whether the innermost level is of this kind."""
        return bool(self.levels) and self.levels[-1].kind is kind

    def _innermost(self, kind: Kind) -> int:
        return max((i for i, level in enumerate(self.levels) if level.kind is kind), default=-1)

    def _push(self, kind: Kind, block: Atomic | None = None) -> None:
        self.levels.append(Level(kind, len(self.written), block))

    def _forget_since(self, index: int) -> None:
        del self.written[self.levels[index].written :]
        self.broken = False

    def _close(self, index: int) -> None:
        """Close a level and those in it; with the outermost, what was written is everybody's."""
        del self.levels[index:]
        if not self.levels:
            self._commit()

    def _commit(self) -> None:
        for schema, number in self.written:
            self.committed[schema].append(number)
        self.written.clear()

    # --- Accidents ---

    def expect_failure(self, act: Callable[[Any], Any]) -> None:
        """Do what fails; inside a transaction it leaves a broken one."""
        try:
            act(self.cursor())
        except (DatabaseError, psycopg2.DatabaseError):
            self.broken = bool(self.levels)
        else:
            raise AssertionError("This should have failed.")

    def reconnect(self) -> None:
        self.wrapper.close()
        self.kept = None

    def lose(self, observer: extensions.connection) -> None:
        """Have the server end the connection, then recover as Django does."""
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
        """Leave all levels as an exception does, and close."""
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
