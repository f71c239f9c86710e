"""psycopg2's cursor, each of whose ways to the server takes the tenant along.

psycopg2 runs `executemany`, `callproc` and the COPY methods in C, past a Python `execute`; so
each of them is here.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import psycopg2
from psycopg2 import errors, extensions
from psycopg2.sql import Composable

from tenantry.context import active_schema, is_read_only
from tenantry.errors import SchemaMissing

from .prefix import Statement, Way, read

if TYPE_CHECKING:
    from .connection import TenantConnection

_LINE = re.compile(r"^LINE (\d+)(: .*\n)( *)", re.MULTILINE)

_NO_COMMIT = (
    "The tenant's path holds for one transaction, so CALL and DO run inside one: no COMMIT or "
    "ROLLBACK in their bodies."
)

_RESERVED = (
    "Each tenant has this table in its own schema: enter one by tenant_context(). Where this one "
    "lacks it, `migrate_tenants --verify` says so."
)

_NOT_CONFORMING = (
    "Send statements one by one where standard_conforming_strings is off: the tenant's path has "
    "to stand between them."
)


class TenantCursor(extensions.cursor):
    """A cursor that sends the tenant's path with each statement, and shows none of it."""

    connection: "TenantConnection"
    _prefix = ""

    @property
    def query(self) -> bytes | None:
        """The statement last sent, as the caller wrote it."""
        sent = super().query
        return sent.replace(self._prefix.encode(), b"") if sent and self._prefix else sent

    def execute(self, query: Any, vars: Any = None) -> None:  # noqa: A002 (psycopg2's name)
        """Send a statement, or several in one string, each for the active tenant.

        Raises:
            SchemaMissing: when what is not a plain query has no schema to work in.
        """
        text = self._text(query)
        statement = read(text)
        self._check_strings(statement)
        if self.name is not None or (statement.way > Way.ALONG and not statement.places):
            self._execute_alone(
                self.mogrify(query, vars), asks=statement.way is not Way.AHEAD_UNASKED
            )
        elif statement.way is Way.NOT:
            super().execute(query, vars)
        else:
            self._prefix = self.connection.prefix()
            # In a transaction that has failed, only what ends it can come first.
            if statement.way is Way.AHEAD and not self._has_failed():
                check_schema(extensions.cursor(self.connection), self._prefix)
            try:
                super().execute(statement.carrying(self._prefix, text), vars)
            except psycopg2.Error as error:
                self._explain(error)
                raise

    def executemany(self, query: Any, vars_list: Iterable[Any]) -> None:
        """Send a statement for each element.

        What has its path ahead (CALL, DDL) runs in one transaction for all elements.
        """
        text = self._text(query)
        statement = read(text)
        self._check_strings(statement)
        self._prefix = self.connection.prefix()
        # C sends the whole text for each element, and adds up their rowcounts.
        text = statement.carrying(self._prefix, text)
        path: AbstractContextManager[None] = nullcontext()
        if statement.way > Way.ALONG:
            # All there before the path is: a generator may ask the same connection for them.
            path, vars_list = self._path_ahead(), list(vars_list)
        with path:
            try:
                super().executemany(text, vars_list)
            except psycopg2.Error as error:
                self._explain(error)
                raise

    def callproc(self, *args: Any, **kwargs: Any) -> Any:
        with self._path_ahead():
            return super().callproc(*args, **kwargs)

    def copy_from(self, *args: Any, **kwargs: Any) -> None:
        with self._path_ahead():
            super().copy_from(*args, **kwargs)

    def copy_to(self, *args: Any, **kwargs: Any) -> None:
        with self._path_ahead():
            super().copy_to(*args, **kwargs)

    def copy_expert(self, *args: Any, **kwargs: Any) -> None:
        with self._path_ahead():
            super().copy_expert(*args, **kwargs)

    def _text(self, query: Any) -> str:
        if isinstance(query, str):
            return query
        return query.as_string(self) if isinstance(query, Composable) else query.decode()

    def _check_strings(self, statement: Statement) -> None:
        """Refuse to write into a string of several statements that cannot be read.

        Raises:
            ProgrammingError: where backslashes are escapes in plain quotes as well.
        """
        conforming = self.connection.info.parameter_status("standard_conforming_strings")
        if statement.places not in {(), (0,)} and conforming == "off":
            raise psycopg2.ProgrammingError(_NOT_CONFORMING)

    def _execute_alone(self, sql: bytes, *, asks: bool) -> None:
        try:
            with self._path_ahead(asks=asks):
                super().execute(sql)
        except errors.ActiveSqlTransaction:
            # "... cannot run inside a transaction block": the server knows best what refuses one.
            # Nothing makes that session read-only for good.
            if is_read_only() or not self._outside_transaction():
                raise
            self._execute_in_session(sql)
        except errors.InvalidTransactionTermination as error:
            error.args = (f"{error}HINT:  {_NO_COMMIT}\n",)
            raise

    def _execute_in_session(self, sql: bytes) -> None:
        with closing(self.connection.open_session()) as session, session.cursor() as cursor:
            check_schema(cursor)
            cursor.execute(sql)

    @contextmanager
    def _path_ahead(self, *, asks: bool = True) -> Iterator[None]:
        """Send the path as a message of its own, and hold a transaction around it and the block.

        With `asks` the schema is looked for as well, which takes the transaction's snapshot.

        The helper is a cursor of psycopg2's own, so the results of this one stay what they are.
        """
        helper = extensions.cursor(self.connection)
        prefix = self.connection.prefix()
        outside = self._outside_transaction()
        try:
            ahead = f"BEGIN;{prefix}" if outside else prefix
            if asks:
                check_schema(helper, ahead)
            else:
                helper.execute(ahead)
            yield
        except BaseException:
            if outside and not self.connection.closed:
                helper.execute("ROLLBACK")
            raise
        if outside:
            helper.execute("COMMIT")

    def _outside_transaction(self) -> bool:
        """Return whether each statement is a transaction of its own, as the server sees it."""
        return (
            self.connection.autocommit
            and self.connection.info.transaction_status == extensions.TRANSACTION_STATUS_IDLE
        )

    def _has_failed(self) -> bool:
        status = self.connection.info.transaction_status
        return bool(status == extensions.TRANSACTION_STATUS_INERROR)

    def _explain(self, error: psycopg2.Error) -> None:
        self._hide_prefix(error)
        # By the place in PostgreSQL's source: its messages may be in any language.
        if isinstance(error, errors.WrongObjectType) and error.diag.source_file == "table.c":
            error.args = (f"{error}HINT:  {_RESERVED}\n",)

    def _hide_prefix(self, error: psycopg2.Error) -> None:
        """Make the message count the caller's lines: each prefix before the place is one more.

        `error.pgerror` and `error.diag` cannot be written to and stay the server's.
        """
        sent, position = super().query, error.diag.statement_position
        if not sent or not position:
            return
        added = sent.decode()[: int(position) - 1].count(self._prefix)

        def recount(line: re.Match[str]) -> str:
            number = str(int(line[1]) - added)
            # The caret moves along when the number gets shorter.
            return f"LINE {number}{line[2]}{line[3][len(line[1]) - len(number) :]}"

        error.args = (_LINE.sub(recount, str(error)),)


def check_schema(cursor: Any, prefix: str = "") -> None:
    """Ask by a cursor, of whatever class, whether the active tenant's schema is there.

    Args:
        prefix: SQL to send ahead in the same message.

    Raises:
        SchemaMissing: when it is not.
    """
    cursor.execute(f"{prefix}SELECT current_schema()")
    schema = active_schema()
    if schema and cursor.fetchone() != (schema,):
        raise SchemaMissing(schema)
