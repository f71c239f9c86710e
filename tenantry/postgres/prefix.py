"""Reads SQL text: which statements need the search_path, and where in the text it goes.

`SET LOCAL search_path` goes in one message with the statement. SET LOCAL ends with the transaction,
and one message is one transaction even in autocommit
(https://www.postgresql.org/docs/current/protocol-flow.html, "Multiple Statements in a Simple
Query"). So nothing stays on the session for the next client of a pooler.
"""

import re
from dataclasses import dataclass
from enum import Enum, IntEnum, auto
from functools import cache
from itertools import pairwise

from .lexer import first_word, statement_starts


class Placement(IntEnum):
    """Where the prefix goes. Of several statements in one string, the highest value wins."""

    NONE = 0
    """Nowhere: the statement looks up no names. Some of these end an aborted transaction."""
    SAME_MESSAGE = 1
    """In the same message, before the statement."""
    OWN_MESSAGE_WITHOUT_CHECK = 2
    """In an earlier message that does not look for the schema. A query before LOCK would take the
    transaction's snapshot too early."""
    OWN_MESSAGE = 3
    """In an earlier message that also looks for the schema. Citus forwards the whole message of a
    utility statement to its nodes, and these accept only one statement in a message."""


class AtCommit(Enum):
    """What PostgreSQL runs at COMMIT, with the role of the transaction's last statement."""

    CURSOR = auto()
    """The query of a cursor WITH HOLD."""
    CONSTRAINT = auto()
    """A deferred trigger or constraint. From PostgreSQL 18 on, it keeps the role of its row."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What `parse` found in a string of SQL.

    Args:
        placement: where the prefix goes.
        offsets: the positions in the string at which the prefix is inserted.
        is_single: whether the string is one statement that changes neither the role nor the whole
            session. DO is not: its body is more statements.
        depends_on_quotes: whether this is right only if the server ends quotes where `lexer` does.
        at_commit: what a single statement leaves for COMMIT.
    """

    placement: Placement
    offsets: tuple[int, ...]
    is_single: bool = True
    depends_on_quotes: bool = False
    at_commit: AtCommit | None = None

    def with_prefix(self, prefix: bytes, sql: bytes) -> bytes:
        """Return `sql`, the parsed string, with `prefix` inserted at the offsets."""
        if self.offsets == (0,):
            return prefix + sql
        edges = (0, *self.offsets, len(sql))
        return prefix.join(sql[start:end] for start, end in pairwise(edges))


# SET ROLE a, SET SESSION AUTHORIZATION a, RESET ALL.
_ROLE_PARAMETERS = {b"ALL", b"AUTHORIZATION", b"ROLE", b"SESSION_AUTHORIZATION"}
# The server ignores case in a quoted name too.
_QUOTED_ROLE_PARAMETER = re.compile(rb'"(role|session_authorization)"', re.IGNORECASE)
# Anywhere in the text: to find the words in other places is not a leak.
_HOLD = re.compile(rb"\bHOLD\b", re.IGNORECASE)
_DEFERRED = re.compile(rb"\bDEFERR(ABLE|ED)\b", re.IGNORECASE)


def parse(sql: bytes) -> Statement:
    """Return where a string of one or several statements needs the prefix.

    In a string of several, the prefix stands before the first statement that needs one, and again
    after each statement that needs none: a ROLLBACK or SET can undo the search_path.
    """
    if b";" not in sql or b";" not in sql.rstrip(b"; \t\n\r\f\v"):
        return _one_statement(sql, 0)
    starts = list(statement_starts(sql))
    if len(starts) < 2:  # noqa: PLR2004 (one, or only comments)
        start = starts[0] if starts else len(sql)
        return _one_statement(sql, start, depends_on_quotes=True)
    placements = [_placement_at(sql, start) for start in starts]
    offsets = tuple(
        start
        for start, previous, placement in zip(
            starts, [Placement.NONE, *placements], placements, strict=False
        )
        if placement is not Placement.NONE and previous is Placement.NONE
    )
    return Statement(max(placements), offsets, is_single=False, depends_on_quotes=True)


def _one_statement(sql: bytes, start: int, *, depends_on_quotes: bool = False) -> Statement:
    placement = _placement_at(sql, start)
    if placement is Placement.SAME_MESSAGE:
        return _query(depends_on_quotes)
    return Statement(
        placement, (), not _changes_role(sql, start), depends_on_quotes, _at_commit(sql, start)
    )


@cache
def _query(depends_on_quotes: bool) -> Statement:
    return Statement(Placement.SAME_MESSAGE, (0,), depends_on_quotes=depends_on_quotes)


def _placement_at(sql: bytes, start: int) -> Placement:
    word = first_word(sql, start)
    match word.lastgroup:
        case "query":
            return Placement.SAME_MESSAGE
        case "empty" | "session":
            return Placement.NONE
    match _upper(word):
        case b"SET":
            # SET CONSTRAINTS finds constraints by name, so it needs the search_path.
            constraints = _upper(first_word(sql, word.end())) == b"CONSTRAINTS"
            return Placement.OWN_MESSAGE if constraints else Placement.NONE
        case b"PREPARE":
            transaction = _upper(first_word(sql, word.end())) == b"TRANSACTION"
            return Placement.NONE if transaction else Placement.OWN_MESSAGE
        case b"LOCK":
            return Placement.OWN_MESSAGE_WITHOUT_CHECK
    return Placement.OWN_MESSAGE


def _changes_role(sql: bytes, start: int) -> bool:
    """Return whether one statement changes the role or the whole session, or can in its body.

    PREPARE cannot: it takes only queries. `SET "role" = a` and `SET ROLE a` are the same.
    """
    word = first_word(sql, start)
    command = _upper(word)
    if command in {b"DISCARD", b"DO"}:
        return True
    if command not in {b"RESET", b"SET"}:
        return False
    while _upper(word := first_word(sql, word.end())) in {b"LOCAL", b"SESSION"}:
        pass
    if name := _upper(word):
        has_escapes = name == b"U" and sql.startswith(b'&"', word.end())
        return name in _ROLE_PARAMETERS or has_escapes
    return _QUOTED_ROLE_PARAMETER.match(sql, word.end()) is not None


def _at_commit(sql: bytes, start: int) -> AtCommit | None:
    match _upper(first_word(sql, start)):
        case b"DECLARE":
            return AtCommit.CURSOR if _HOLD.search(sql, start) else None
        case b"ALTER" | b"CREATE":
            return AtCommit.CONSTRAINT if _DEFERRED.search(sql, start) else None
    return None


def _upper(word: re.Match[bytes]) -> bytes:
    return (word["session"] or word["other"] or b"").upper()
