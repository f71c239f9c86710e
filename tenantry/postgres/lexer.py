"""Reads where the statements in a string of SQL begin, exactly as PostgreSQL's lexer does.

SQL is bytes here, as it is sent. PostgreSQL takes each byte from 0x80 for a letter, in all
encodings of a server
(https://github.com/postgres/postgres/blob/master/src/backend/parser/scan.l).
"""

import re
from collections.abc import Iterator

_BLANK = rb"[ \t\n\r\f\v]"
_NAME = rb"[A-Za-z_\x80-\xff][\w$\x80-\xff]*+"
_END = rb"(?![\w$\x80-\xff])"

# The first word after white space, parentheses and line comments. Possessive, so that a word
# inside a comment is never taken for a word after it.
_FIRST_WORD = re.compile(
    rb"""(?:[ \t\n\r\f\v(]|--[^\r\n]*+)*+
    (?: (?P<query>(?:DELETE|INSERT|MERGE|SELECT|UPDATE|VALUES|WITH)%(end)s)
    | (?P<session>(?:ABORT|BEGIN|COMMIT|END|RELEASE|ROLLBACK|SAVEPOINT|START
      |DEALLOCATE|DISCARD|LISTEN|NOTIFY|RESET|SHOW|UNLISTEN)%(end)s)
    | (?P<empty>;|\Z)
    | (?P<other>%(name)s) )?"""
    % {b"end": _END, b"name": _NAME},
    re.VERBOSE | re.IGNORECASE,
)
_COMMENT_EDGE = re.compile(rb"/\*|\*/")
# Everything up to a semicolon that can end a statement, or up to what the loop below reads.
_TOKEN = re.compile(
    rb"""(?:[^A-Za-z_\x80-\xff0-9'"$\-/();]++
    # A string that continues after a line's end keeps its escapes.
    | [eE]'(?:[^'\\]|\\.|'')*+'
      (?:(?:[ \t\f\v]|--[^\r\n]*+)*+[\r\n](?:%(blank)s|--[^\r\n]*+[\r\n])*+'(?:[^'\\]|\\.|'')*+')*+
    | (?:'[^']*+')++ | "[^"]*+"             # a doubled quote is two of these side by side
    | %(name)s                               # a dollar inside a name opens no quote: a$b$
    | [0-9]\w*+                              # after a number it does
    | --[^\r\n]*+ | -(?!-) | /(?!\*)
    )*+
    (?: (?P<dollars>\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*+)?\$)
    | (?P<comment>/\*)
    | (?P<bracket>[()])
    | (?P<end>;)
    | ['"$] )?"""  # a parameter, or a quote without an end, which the server reports
    % {b"blank": _BLANK, b"name": _NAME},
    re.VERBOSE | re.DOTALL,
)


def statement_starts(sql: bytes) -> Iterator[int]:
    """Yield where each statement starts that is not empty.

    A dollar quote or comment without an end reaches to the end of the string: the server reports
    it.
    """
    start = position = depth = 0
    while position < len(sql):
        token = _TOKEN.match(sql, position)
        assert token  # Each part of the pattern matches an empty string.
        position = token.end()
        if token["comment"]:
            position = _after_comment(sql, token.start("comment"))
        elif dollars := token["dollars"]:
            closing = sql.find(dollars, position)
            position = len(sql) if closing < 0 else closing + len(dollars)
        elif bracket := token["bracket"]:
            # CREATE RULE has its actions in brackets, with semicolons between them.
            depth += 1 if bracket == b"(" else -1
        elif token["end"] and depth <= 0:
            if not _is_empty(sql, start):
                yield start
            start, depth = position, 0
    if not _is_empty(sql, start):
        yield start


def _is_empty(sql: bytes, start: int) -> bool:
    return first_word(sql, start).lastgroup == "empty"


def first_word(sql: bytes, start: int) -> re.Match[bytes]:
    """Return the match of the first word; its `lastgroup` is the kind, None if it is not a word."""
    while True:
        word = _FIRST_WORD.match(sql, start)
        assert word  # Each part of the pattern matches an empty string.
        if word.lastgroup or not sql.startswith(b"/*", word.end()):
            return word
        start = _after_comment(sql, word.end())


def _after_comment(sql: bytes, start: int) -> int:
    """Return where the comment that opens at `start` ends. Comments nest in SQL."""
    depth, position = 1, start + 2
    while depth and (edge := _COMMENT_EDGE.search(sql, position)):
        depth += 1 if edge[0] == b"/*" else -1
        position = edge.end()
    return len(sql) if depth else position
