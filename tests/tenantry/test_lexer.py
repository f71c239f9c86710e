"""The engine finds the same number of statements in a string as PostgreSQL does."""

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from random import Random

import psycopg2
import pytest

from tenantry.context import tenant_context
from tenantry.errors import SeveralStatements
from tenantry.postgres.base import DatabaseWrapper
from tests.sizes import FULL

from .libpq import count

# What can begin or end a quote, a comment, a name or a statement, or looks as if it could.
FRAGMENTS = [
    *(b"'", b'"', b"E'", b"e'", b"N'", b"B'", b"x'", b"U&'", b'U&"', b"''", b'""', b"\\", b"\\'"),
    *(b"\\\\", b"\\047", b"\\x27", b"\\u0027", b"!0027", b" UESCAPE '!'", b"\\!", b"\\q", b"\\;"),
    *(b"$$", b"$a$", b"$1", b"$1$a$", b"$", b"a$b$", b"$\xc3\xa9$", b"\xc3\xa9$a$", b"$a"),
    *(b"1", b"1_0$a$", b"0x1", b"1e", b"1.5", b"1$a$", b".", b"a", b"\xc3\xa9", b"_", b"E", b"U&"),
    *(b"/*", b"*/", b"/", b"*", b"**/", b"/*/", b"--", b"-", b"+", b"@", b"||", b"::text", b"#"),
    *(b" ", b"\n", b"\r", b"\t", b"\f", b"\v", b"\xc2\xa0", b"(", b")", b"[", b"]", b",", b":"),
    *(b";", b";", b"; SHOW a", b"; SELECT 1", b";SELECT ", b"SELECT 1", b" AS a", b" AS "),
]
BROKEN = [b"\0", b"\xff", b"\x80", b"\xa4\xa2", b"\xef\xbb\xbf"]
BLANKS = [b" ", b"\n", b" \n ", b"--;'\n", b"--\r", b"/*;*/", b"/*/*;*/'*/", b"\t--'\n\n"]


def noise(random: Random) -> bytes:
    return b"".join(random.choices(FRAGMENTS, k=random.randint(0, 5)))


def escaped(random: Random) -> bytes:
    """Return noise that ends no string with escapes."""
    return noise(random).replace(b"\\", b"\\\\").replace(b"'", random.choice([b"''", b"\\'"]))


def dollar_quoted(random: Random) -> bytes:
    tag = random.choice([b"$$", b"$a$", b"$\xc3\xa9_1$"])
    return tag + noise(random).replace(tag, b"") + tag


def continued(random: Random) -> bytes:
    blank = random.choice([b"\n", b" --'\n", b"\r\n --;\n\t"])
    return b"E'" + escaped(random) + b"'" + blank + b"'" + escaped(random) + b"'"


EXPRESSIONS: list[Callable[[Random], bytes]] = [
    lambda random: b"'" + noise(random).replace(b"'", b"''") + b"'",
    lambda random: b"E'" + escaped(random) + b"'",
    lambda random: b"U&'" + noise(random).replace(b"'", b"''").replace(b"\\", b"") + b"'",
    lambda random: b'1 AS "a' + noise(random).replace(b'"', b'""') + b'"',
    lambda random: b"1 --" + noise(random).replace(b"\n", b"").replace(b"\r", b"") + b"\n",
    lambda random: b"1/*" + noise(random).replace(b"*", b"").replace(b"/", b"") + b"*/",
    lambda random: b"(" + random.choice([b"1", b"a", b"$1", b"x'1F'", b"N'a'"]) + b")",
    lambda random: random.choice([b"a$b$", b"1.5", b"\xc3\xa9", b"1_0", b"0x1", b"$1"]),
    dollar_quoted,
    continued,
]


def sql(random: Random) -> bytes:
    """Return one to three statements, with up to three random changes."""
    pieces = []
    for _ in range(random.randint(1, 3)):
        expressions = [random.choice(EXPRESSIONS)(random) for _ in range(random.randint(1, 3))]
        pieces += [b"SELECT ", b",".join(expressions), random.choice(BLANKS), b";"]
    text = bytearray(b"".join(pieces if random.random() < 0.5 else pieces[:-1]))
    for _ in range(random.choice([0, 0, 1, 1, 2, 3])):
        start = random.randrange(len(text) + 1)
        new = random.choice(BROKEN if random.random() < 0.05 else FRAGMENTS)
        text[start : start + random.randint(0, 2)] = new
    return bytes(text)


def is_accepted(cursor: psycopg2.extensions.cursor, text: bytes) -> bool:
    try:
        cursor._parse(text)  # type: ignore[attr-defined]
    except (SeveralStatements, psycopg2.ProgrammingError):
        return False
    return True


def compare(own: DatabaseWrapper, seed: int, number: int) -> Counter[tuple[str, bool]]:
    random = Random(seed)
    results: Counter[tuple[str, bool]] = Counter()
    # Closed also by a failure, since these settings stay on the session.
    with closing(own), tenant_context("red"), own.cursor() as cursor:
        for encoding in ("UTF8", "LATIN1", "EUC_JP", "WIN1252", "SQL_ASCII"):
            for conforming in ("on", "off"):
                cursor.execute(f"SET client_encoding = {encoding}")
                cursor.execute(f"SET standard_conforming_strings = {conforming}")
                for _ in range(number // 10):
                    text = sql(random)
                    found, accepted = count(own.connection, text), is_accepted(cursor, text)
                    results[found, accepted] += 1
                    assert not (found == "several" and accepted), text
                    if conforming == "on" and b"\0" not in text:
                        assert accepted or found != "one", text
    return results


def test_no_two_statements_of_the_server_are_one_of_ours(own: DatabaseWrapper) -> None:
    results = compare(own, seed=1, number=5_000)
    # Enough strings of both kinds pass the server's parser.
    assert results["several", False] > 1_000
    assert results["one", True] > 500


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(2, 22 if FULL else 4))
def test_no_two_of_many_statements_of_the_server_are_one_of_ours(
    own: DatabaseWrapper, seed: int
) -> None:
    compare(own, seed, number=250_000 if FULL else 50_000)
