"""psycopg2's cursor. Each method that sends SQL sets the tenant's search_path first.

psycopg2 runs `executemany`, `callproc` and the COPY methods in C and does not call `execute` for
them, so each has its own method here.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import psycopg2
from psycopg2 import errors, extensions

from tenantry import roles
from tenantry.context import active_schema, is_read_only
from tenantry.errors import CodeAtCommit, SchemaMissing, SeveralStatements
from tenantry.statements import only_one_statement

from .prefix import AtCommit, Placement, Statement, parse

if TYPE_CHECKING:
    from .connection import TenantConnection

_LINE = re.compile(r"^LINE (\d+)(: .*\n)( *)", re.MULTILINE)

_NO_COMMIT = (
    "The tenant's search_path ends with the transaction, so CALL and DO run in one: their bodies "
    "cannot COMMIT or ROLLBACK."
)

_NO_HOLD = (
    "In a tenant's transaction, a cursor is not WITH HOLD: at COMMIT, PostgreSQL would run its "
    "query with the role of the last statement. Fetch the rows before."
)
_NOT_DEFERRED = (
    "In a tenant, nothing is made DEFERRABLE: at COMMIT, PostgreSQL would run it with the role of "
    "the last statement. Leave the word out."
)

_RESERVED = (
    "Each tenant has this table in its own schema: activate one with tenant_context(). To find a "
    "schema without the table, run `migrate_tenants --verify`."
)

_NOT_CONFORMING = (
    "With standard_conforming_strings=off the engine cannot read text with a backslash and a "
    "semicolon: switch it on."
)
_WRONG_ENCODING = (
    "With this client_encoding the engine cannot read text with a semicolon: use UTF8."
)
# In all others, such as SJIS and GBK, the second byte of a letter can be a quote or a backslash
# (https://www.postgresql.org/docs/current/multibyte.html, "Server?" is "No").
_ENCODINGS = re.compile(r"UTF8|UNICODE|SQL_ASCII|LATIN\d+|ISO_8859_\d|WIN\d+|KOI8[RU]|EUC_\w+")


class TenantCursor(extensions.cursor):
    """A cursor that sends the search_path with each statement, and hides it from the caller."""

    connection: "TenantConnection"
    _prefix = b""

    @property
    def query(self) -> bytes | None:
        """The last statement, as the caller wrote it."""
        sent = super().query
        return sent.replace(self._prefix, b"") if sent and self._prefix else sent

    def execute(self, query: Any, vars: Any = None) -> None:  # noqa: A002 (psycopg2's name)
        """Send one statement for the active tenant; without a tenant, one or several.

        Plain queries do not check that the schema exists. Without it they find no table.

        Raises:
            SeveralStatements: in a tenant, outside of `several_statements`.
        """
        # psycopg2 puts the parameters into the text, so only now is it what the server reads.
        sql = self.mogrify(query, vars)
        statement = self._parse(sql)
        if self.name is not None or (
            statement.placement > Placement.SAME_MESSAGE and not statement.offsets
        ):
            check = statement.placement is not Placement.OWN_MESSAGE_WITHOUT_CHECK
            self._execute_after_path(sql, check=check)
        elif statement.placement is Placement.NONE:
            super().execute(sql)
        else:
            self._prefix = self._encoded(self.connection.prefix())
            # A failed transaction accepts no check, only a statement that ends it.
            if statement.placement is Placement.OWN_MESSAGE and not self._has_failed():
                check_schema(extensions.cursor(self.connection), self._prefix)
            try:
                super().execute(statement.with_prefix(self._prefix, sql))
            except psycopg2.Error as error:
                self._explain(error)
                raise

    def executemany(self, query: Any, vars_list: Iterable[Any]) -> None:
        """Send a statement for each element.

        CALL and DDL run in one transaction for all elements.
        """
        sql = self.mogrify(query)
        statement = self._parse(sql)
        if only_one_statement():
            vars_list = self._parsed(sql, vars_list)
        self._prefix = self._encoded(self.connection.prefix())
        # psycopg2 sends the whole text for each element, and adds up their rowcounts.
        text = statement.with_prefix(self._prefix, sql)
        search_path: AbstractContextManager[None] = nullcontext()
        if statement.placement > Placement.SAME_MESSAGE:
            # Read before BEGIN: a generator can use the same connection.
            search_path, vars_list = self._search_path_set(), list(vars_list)
        with search_path:
            try:
                super().executemany(text, vars_list)
            except psycopg2.Error as error:
                self._explain(error)
                raise

    def callproc(self, procname: str | bytes, parameters: Any = None) -> Any:
        values = parameters.values() if isinstance(parameters, dict) else parameters or ()
        texts = b",".join(self.mogrify("%s", (value,)) for value in values)
        self._parse(b"SELECT * FROM %b(%b)" % (self.mogrify(procname), texts))
        with self._search_path_set():
            return super().callproc(procname, parameters)

    def copy_from(self, *args: Any, **kwargs: Any) -> None:
        with self._search_path_set():
            super().copy_from(*args, **kwargs)

    def copy_to(self, *args: Any, **kwargs: Any) -> None:
        with self._search_path_set():
            super().copy_to(*args, **kwargs)

    def copy_expert(self, sql: Any, *args: Any, **kwargs: Any) -> None:
        text = self.mogrify(sql)
        self._parse(text)
        with self._search_path_set():
            super().copy_expert(text, *args, **kwargs)

    def _parse(self, sql: bytes) -> Statement:
        statement = parse(sql)
        if statement.depends_on_quotes:
            self._check_quotes(statement, sql)
        if not statement.is_single and only_one_statement():
            raise SeveralStatements
        if statement.at_commit or self.name is not None:
            self._check_commit(statement.at_commit)
        return statement

    def _check_commit(self, left: AtCommit | None) -> None:
        """Raise if a tenant's statement leaves code that COMMIT would run with another role."""
        if not (roles.acts_as_tenant() and only_one_statement()):
            return
        if left is AtCommit.CONSTRAINT:
            raise CodeAtCommit(_NOT_DEFERRED)
        holds = left is AtCommit.CURSOR or (self.name is not None and self.withhold)
        # Outside of a transaction, COMMIT follows the statement and has its role.
        if holds and not self._outside_transaction():
            raise CodeAtCommit(_NO_HOLD)

    def _check_quotes(self, statement: Statement, sql: bytes) -> None:
        """Raise if the server can end a quote elsewhere than `parse` does."""
        if statement.offsets in {(), (0,)} and not only_one_statement():
            return
        parameter = self.connection.info.parameter_status
        if parameter("standard_conforming_strings") == "off" and b"\\" in sql:
            raise psycopg2.ProgrammingError(_NOT_CONFORMING)
        if not _ENCODINGS.fullmatch(parameter("client_encoding") or ""):
            raise psycopg2.ProgrammingError(_WRONG_ENCODING)

    def _parsed(self, sql: bytes, vars_list: Iterable[Any]) -> Iterator[Any]:
        for element in vars_list:
            self._parse(self.mogrify(sql, element))
            yield element

    def _encoded(self, text: str) -> bytes:
        return text.encode(extensions.encodings[self.connection.encoding])

    def _execute_after_path(self, sql: bytes, *, check: bool) -> None:
        try:
            with self._search_path_set(check=check):
                super().execute(sql)
        except errors.ActiveSqlTransaction:
            # "... cannot run inside a transaction block": no list of these statements is needed.
            # No setting makes a session read-only for good.
            # A new session has the login's role, not the tenant's.
            if roles.acts_as_tenant() or is_read_only() or not self._outside_transaction():
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
    def _search_path_set(self, *, check: bool = True) -> Iterator[None]:
        """Set the search_path in its own message, in a transaction around the block.

        Args:
            check: whether to check that the schema exists. This query takes the transaction's
                snapshot.
        """
        # A plain cursor, so that the results of this one stay as they are.
        helper = extensions.cursor(self.connection)
        self._prefix = self._encoded(self.connection.prefix())
        outside = self._outside_transaction()
        try:
            message = b"BEGIN;" + self._prefix if outside else self._prefix  # noqa: S608 (quoted)
            if check:
                check_schema(helper, message)
            else:
                helper.execute(message)
            yield
        except BaseException as error:
            _forget_stale_role(error)
            if outside and not self.connection.closed:
                helper.execute("ROLLBACK")
            raise
        if outside:
            helper.execute("COMMIT")

    def _outside_transaction(self) -> bool:
        """Return whether the server runs each statement in its own transaction."""
        return (
            self.connection.autocommit
            and self.connection.info.transaction_status == extensions.TRANSACTION_STATUS_IDLE
        )

    def _has_failed(self) -> bool:
        status = self.connection.info.transaction_status
        return bool(status == extensions.TRANSACTION_STATUS_INERROR)

    def _explain(self, error: psycopg2.Error) -> None:
        self._hide_prefix(error)
        _forget_stale_role(error)
        # By the file of PostgreSQL's source, since its messages are translated.
        if isinstance(error, errors.WrongObjectType) and error.diag.source_file == "table.c":
            error.args = (f"{error}HINT:  {_RESERVED}\n",)

    def _hide_prefix(self, error: psycopg2.Error) -> None:
        """Change the line number in the message to the caller's: each prefix is one line more.

        `error.pgerror` and `error.diag` are read-only and stay as the server sent them.
        """
        sent, position = super().query, error.diag.statement_position
        if not sent or not position:
            return
        added = sent.decode()[: int(position) - 1].count(self._prefix.decode())

        def recount(line: re.Match[str]) -> str:
            number = str(int(line[1]) - added)
            # A shorter number moves the line to the left, and the caret with it.
            return f"LINE {number}{line[2]}{line[3][len(line[1]) - len(number) :]}"

        error.args = (_LINE.sub(recount, str(error)),)


def _forget_stale_role(error: BaseException) -> None:
    """Read the role again: another process can have created the schema again, or the role.

    A schema that the role may not use is as if it did not exist. InvalidParameterValue is a role
    that does not exist.
    """
    stale = (psycopg2.ProgrammingError, errors.InvalidParameterValue, SchemaMissing)
    if isinstance(error, stale) and (schema := active_schema()):
        roles.forget_role(schema)


def check_schema(cursor: Any, prefix: bytes = b"") -> None:
    """Check with one query that the active tenant's schema exists.

    Args:
        prefix: SQL to send before the query in the same message.

    Raises:
        SchemaMissing: when it does not exist.
    """
    cursor.execute(prefix + b"SELECT current_schema()")  # noqa: S608 (quoted)
    schema = active_schema()
    if schema and cursor.fetchone() != (schema,):
        raise SchemaMissing(schema)
