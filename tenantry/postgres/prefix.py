"""Reads SQL text: which statements need the search_path, and where in the text it goes.

`SET LOCAL search_path` goes in one message with the statement. SET LOCAL ends with the transaction,
and one message is one transaction even in autocommit
(https://www.postgresql.org/docs/current/protocol-flow.html, "Multiple Statements in a Simple
Query"). So nothing stays on the session for the next client of a pooler.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise


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


# PostgreSQL's white space and ends of line comments. Other characters that Python takes for white
# space can be part of a name
# (https://github.com/postgres/postgres/blob/master/src/backend/parser/scan.l).
_BLANK = r"[ \t\n\r\f\v]"
_NAME = r"[\w$\x80-\U0010ffff]"

# The first word after white space, parentheses and line comments. Possessive, so that a word
# inside a comment is never taken for a word after it.
_FIRST_WORD = re.compile(
    r"""(?:[ \t\n\r\f\v(]|--[^\r\n]*+)*+
    (?: (?P<query>DELETE|INSERT|MERGE|SELECT|UPDATE|VALUES|WITH)\b
    | (?P<session>ABORT|BEGIN|COMMIT|END|RELEASE|ROLLBACK|SAVEPOINT|START
      |DEALLOCATE|DISCARD|LISTEN|NOTIFY|RESET|SHOW|UNLISTEN)\b
    | (?P<set>SET)\b
    | (?P<prepare>PREPARE)\b
    | (?P<lock>LOCK)\b
    | (?P<empty>;|\Z)
    | (?P<other>[^\W\d]\w*+) )?""",
    re.VERBOSE | re.IGNORECASE,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")
# Semicolons that end a statement, and everything that can contain other semicolons. A string that
# continues after a line's end keeps its escapes. A dollar inside a name opens no quote: `a$b$`.
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
    """What `parse` found in a string of SQL.

    Args:
        placement: where the prefix goes.
        offsets: the positions in the string at which the prefix is inserted.
    """

    placement: Placement
    offsets: tuple[int, ...]

    def with_prefix(self, prefix: str, sql: str) -> str:
        """Return `sql`, the parsed string, with `prefix` inserted at the offsets."""
        if self.offsets == (0,):
            return prefix + sql
        edges = (0, *self.offsets, len(sql))
        return prefix.join(sql[start:end] for start, end in pairwise(edges))


_SINGLE_STATEMENTS = {
    placement: Statement(placement, (0,) if placement is Placement.SAME_MESSAGE else ())
    for placement in Placement
}


def parse(sql: str) -> Statement:
    """Return where a string of one or several statements needs the prefix.

    In a string of several, the prefix stands before the first statement that needs one, and again
    after each statement that needs none: a ROLLBACK or SET can undo the search_path.
    """
    if ";" not in sql:
        return _SINGLE_STATEMENTS[_placement_at(sql, 0)]
    starts = list(_starts(sql))
    placements = [_placement_at(sql, start) for start in starts]
    if len(starts) < 2:  # noqa: PLR2004 (one, or only comments)
        return _SINGLE_STATEMENTS[max(placements, default=Placement.NONE)]
    offsets = tuple(
        start
        for start, previous, placement in zip(
            starts, [Placement.NONE, *placements], placements, strict=False
        )
        if placement is not Placement.NONE and previous is Placement.NONE
    )
    return Statement(max(placements), offsets)


def _starts(sql: str) -> Iterator[int]:
    """Yield where each statement starts that is not empty.

    A quote or comment without an end reaches to the end of the string: the server reports it.
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
            # CREATE RULE has its actions in brackets, with semicolons between them.
            depth += 1 if bracket == "(" else -1
        elif token["end"] and depth <= 0:
            if not _is_empty(sql, start):
                yield start
            start, depth = position, 0
    if not _is_empty(sql, start):
        yield start


def _is_empty(sql: str, start: int) -> bool:
    return _first_word(sql, start).lastgroup == "empty"


def _placement_at(sql: str, start: int) -> Placement:
    word = _first_word(sql, start)
    match word.lastgroup:
        case "query":
            return Placement.SAME_MESSAGE
        case "empty" | "session":
            return Placement.NONE
        case "set":
            # SET CONSTRAINTS finds constraints by name, so it needs the search_path.
            constraints = _second_word(sql, word) == "CONSTRAINTS"
            return Placement.OWN_MESSAGE if constraints else Placement.NONE
        case "prepare":
            transaction = _second_word(sql, word) == "TRANSACTION"
            return Placement.NONE if transaction else Placement.OWN_MESSAGE
        case "lock":
            return Placement.OWN_MESSAGE_WITHOUT_CHECK
    return Placement.OWN_MESSAGE


def _second_word(sql: str, first: re.Match[str]) -> str:
    return (_first_word(sql, first.end())["other"] or "").upper()


def _first_word(sql: str, start: int) -> re.Match[str]:
    while True:
        word = _FIRST_WORD.match(sql, start)
        assert word  # Each part of the pattern matches an empty string.
        if word.lastgroup or not sql.startswith("/*", word.end()):
            return word
        start = _after_comment(sql, word.end())


def _after_comment(sql: str, start: int) -> int:
    """Return where the comment that opens at `start` ends. Comments nest in SQL."""
    depth, position = 1, start + 2
    while depth and (edge := _COMMENT_EDGE.search(sql, position)):
        depth += 1 if edge[0] == "/*" else -1
        position = edge.end()
    return len(sql) if depth else position
