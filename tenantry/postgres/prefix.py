"""What a statement carries: pure functions over SQL text, which know no connection.

A statement that looks up names travels behind `SET LOCAL search_path`, in one message with it.
SET LOCAL ends with the transaction, and several statements in one message are a transaction even
in autocommit (https://www.postgresql.org/docs/current/protocol-flow.html, "Multiple Statements in
a Simple Query"), so nothing is left on the session for whoever gets it next.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

from tenantry.names import PUBLIC, quote_schema_name


class Way(IntEnum):
    """How the path reaches a statement. The greatest of a string with several wins."""

    NOT = 0
    """It looks up no names, and may have to work in an aborted transaction."""
    ALONG = 1
    """In the same message."""
    AHEAD_UNASKED = 2
    """As AHEAD, and without a question to the server: a LOCK has to come before the snapshot."""
    AHEAD = 3
    """In a message of its own before it: Citus forwards the whole message of a utility statement
    to its nodes, which refuse two commands in one."""


_PUBLIC = quote_schema_name(PUBLIC)

# PostgreSQL's blanks, and its ends of a line comment; what else Python takes for blank may be part
# of a name (https://github.com/postgres/postgres/blob/master/src/backend/parser/scan.l).
_BLANK = r"[ \t\n\r\f\v]"
_NAME = r"[\w$\x80-\U0010ffff]"

# The first word after blanks, parentheses and line comments, by the way it goes; possessive, so
# that a word inside a comment is never taken for one after it.
_HEAD = re.compile(
    r"""(?:[ \t\n\r\f\v(]|--[^\r\n]*+)*+
    (?: (?P<along>DELETE|INSERT|MERGE|SELECT|UPDATE|VALUES|WITH)\b
    | (?P<not>ABORT|BEGIN|COMMIT|END|RELEASE|ROLLBACK|SAVEPOINT|START
      |DEALLOCATE|DISCARD|LISTEN|NOTIFY|RESET|SHOW|UNLISTEN)\b
    | (?P<not_unless_constraints>SET)\b
    | (?P<ahead_unless_transaction>PREPARE)\b
    | (?P<ahead_unasked>LOCK)\b
    | (?P<empty>;|\Z)
    | (?P<ahead>[^\W\d]\w*+) )?""",
    re.VERBOSE | re.IGNORECASE,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")
# What may hold a semicolon that ends no statement, and the semicolons that do. A string that goes
# on after a line's end goes on with its escapes. Dollar quotes are not part of a name: `a$b$`
# opens none.
_TOKEN = re.compile(
    rf"""(?<!{_NAME})[eE]'(?:[^'\\]|\\.|'')*+'
      (?:(?:[ \t\f\v]|--[^\r\n]*+)*+[\r\n](?:{_BLANK}|--[^\r\n]*+[\r\n])*+'(?:[^'\\]|\\.|'')*+')*+
    | '[^']*+' | "[^"]*+"                    # a doubled quote is two of these side by side
    | (?<!{_NAME})(?P<dollars>\$(?:[A-Za-z_\x80-\U0010ffff][\w\x80-\U0010ffff]*+)?\$)
    | --[^\r\n]*+
    | (?P<comment>/\*)
    | (?P<bracket>[()])
    | (?P<end>;)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Statement:
    """A string of SQL as it is to be sent.

    Args:
        way: how the path reaches it.
        places: the offsets before which the path is written into the string itself.
    """

    way: Way
    places: tuple[int, ...]

    def carrying(self, prefix: str, sql: str) -> str:
        """Return `sql`, of which this is the reading, with `prefix` at its places."""
        if self.places == (0,):
            return prefix + sql
        edges = (0, *self.places, len(sql))
        return prefix.join(sql[start:end] for start, end in pairwise(edges))


_SINGLE = {
    Way.NOT: Statement(Way.NOT, ()),
    Way.ALONG: Statement(Way.ALONG, (0,)),
    Way.AHEAD_UNASKED: Statement(Way.AHEAD_UNASKED, ()),
    Way.AHEAD: Statement(Way.AHEAD, ()),
}


def read(sql: str) -> Statement:
    """Say what a string of SQL, of one statement or several, carries.

    In a string of several, the path stands before the first statement and again after each one
    that carries nothing: a ROLLBACK or a SET may have undone it.
    """
    if ";" not in sql:
        return _SINGLE[_way_at(sql, 0)]
    starts = list(_starts(sql))
    ways = [_way_at(sql, start) for start in starts]
    if len(starts) < 2:  # noqa: PLR2004 (one, or only comments)
        return _SINGLE[max(ways, default=Way.NOT)]
    places = tuple(
        start
        for start, before, way in zip(starts, [Way.NOT, *ways], ways, strict=False)
        if way is not Way.NOT and before is Way.NOT
    )
    return Statement(max(ways), places)


def _starts(sql: str) -> Iterator[int]:
    """Yield where each statement starts, after a top-level semicolon, leaving out empty ones.

    What a quote or a comment opens and nothing closes goes to the end, where the server complains.
    """
    start = position = depth = 0
    while token := _TOKEN.search(sql, position):
        position = token.end()
        if token["comment"]:
            position = _after_comment(sql, token.start())
        elif dollars := token["dollars"]:
            closing = sql.find(dollars, position)
            position = len(sql) if closing < 0 else closing + len(dollars)
        elif bracket := token["bracket"]:
            # The actions of a CREATE RULE stand in brackets.
            depth += 1 if bracket == "(" else -1
        elif token["end"] and depth <= 0:
            if not _is_empty(sql, start):
                yield start
            start, depth = position, 0
    if not _is_empty(sql, start):
        yield start


def _is_empty(sql: str, start: int) -> bool:
    return _head(sql, start).lastgroup == "empty"


def _way_at(sql: str, start: int) -> Way:
    head = _head(sql, start)
    match head.lastgroup:
        case "along":
            return Way.ALONG
        case "empty" | "not":
            return Way.NOT
        case "not_unless_constraints":
            # It finds them by their names, so it is the one SET that looks something up.
            return Way.AHEAD if _second_word(sql, head) == "CONSTRAINTS" else Way.NOT
        case "ahead_unless_transaction":
            return Way.NOT if _second_word(sql, head) == "TRANSACTION" else Way.AHEAD
        case "ahead_unasked":
            return Way.AHEAD_UNASKED
    return Way.AHEAD


def _second_word(sql: str, head: re.Match[str]) -> str:
    return (_head(sql, head.end())["ahead"] or "").upper()


def _head(sql: str, start: int) -> re.Match[str]:
    while True:
        head = _HEAD.match(sql, start)
        assert head  # Each part of it may be empty.
        if head.lastgroup or not sql.startswith("/*", head.end()):
            return head
        start = _after_comment(sql, head.end())


def _after_comment(sql: str, start: int) -> int:
    """Return where the comment that opens at `start` ends; comments nest in SQL."""
    depth, position = 1, start + 2
    while depth and (edge := _COMMENT_EDGE.search(sql, position)):
        depth += 1 if edge[0] == "/*" else -1
        position = edge.end()
    return len(sql) if depth else position


class Carried:
    """What the statements of a connection carry, whatever the tenant.

    Args:
        settings: parameters of PostgreSQL and their values, for each statement.
        extra_schemas: schemas of extensions, after `public` in the path.
    """

    def __init__(
        self, settings: Mapping[str, str] | None = None, extra_schemas: Iterable[str] = ()
    ) -> None:
        self.settings = settings or {}
        self._prefixes: dict[tuple[str | None, bool, bool, bool], str] = {}
        # Where it is not named, pg_temp comes first, and a temporary table would hide the
        # tenant's of the same name.
        self._last = "".join(
            f",{schema}" for schema in [*map(quote_schema_name, extra_schemas), "pg_temp"]
        )

    def prefix(
        self,
        schema: str | None,
        *,
        include_public: bool,
        read_only: bool = False,
        alone: bool = False,
    ) -> str:
        """Return the SET LOCAL statements for a tenant, or for none, on one line of their own.

        Args:
            read_only: whether PostgreSQL is to refuse what the statement, and those after it in
                its transaction, write. Nothing takes that back between the prefix and the
                statement, which has its snapshot then:
                https://www.postgresql.org/docs/current/sql-set-transaction.html
            alone: whether the statement is a transaction by itself, which never lies idle.

        Raises:
            InvalidSchemaName: when no schema may be called so.
        """
        key = (schema, include_public, read_only, alone)
        prefix = self._prefixes.get(key)
        if prefix is None:
            path = self.path(schema, include_public=include_public)
            refuse = "SET LOCAL transaction_read_only=on;" if read_only else ""
            prefix = f"{refuse}{self._set_local(alone)}SET LOCAL search_path={path};\n"
            self._prefixes[key] = prefix
        return prefix

    def _set_local(self, alone: bool) -> str:
        return "".join(
            f"SET LOCAL {name}={_literal(value)};"
            for name, value in self.settings.items()
            if not (alone and name == "idle_in_transaction_session_timeout")
        )

    def startup_options(self, schema: str | None, *, include_public: bool) -> str:
        """Return the same as libpq's `options`, for a connection that serves one statement.

        Without a lock timeout: CREATE INDEX CONCURRENTLY keeps no reader or writer waiting, but
        waits for them itself, and leaves an invalid index where it is not let.

        Blanks are escaped as
        https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-OPTIONS says.
        """
        path = self.path(schema, include_public=include_public)
        settings = {**self.settings, "search_path": path}
        settings.pop("lock_timeout", None)
        return " ".join(f"-c {name}={_escaped(value)}" for name, value in settings.items())

    def path(self, schema: str | None, *, include_public: bool) -> str:
        """Return the search_path: the tenant, `public`, extensions, temporary tables."""
        if schema is None:
            return f"{_PUBLIC}{self._last}"
        public = f",{_PUBLIC}" if include_public else ""
        return f"{quote_schema_name(schema)}{public}{self._last}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace(" ", r"\ ")


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
