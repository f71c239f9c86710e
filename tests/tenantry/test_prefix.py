"""Where the prefix goes in a string of SQL."""

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.postgres.prefix import Placement, parse

PREFIX = "<path>"


def sent(sql: str) -> str:
    text = sql.encode()
    return parse(text).with_prefix(PREFIX.encode(), text).decode()


def placement(sql: str) -> Placement:
    return parse(sql.encode()).placement


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "select 1;",
        "  \n\tInsert INTO a VALUES (1)",
        "UPDATE a SET b = 1",
        "DELETE FROM a",
        "MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE",
        "WITH a AS (SELECT 1) SELECT * FROM a",
        "VALUES (1)",
        "((SELECT 1) UNION (SELECT 2))",
        "-- why\nSELECT 1",
        "/* a /* nested; */ comment */ SELECT 1",
        "/**/--\n(/* x */SELECT 1)",
        "SELECT';'",
        "-- why\rSELECT 1",
    ],
)
def test_a_query_gets_the_prefix_in_the_same_message(sql: str) -> None:
    assert placement(sql) is Placement.SAME_MESSAGE
    assert sent(sql) == PREFIX + sql


@pytest.mark.parametrize(
    "sql",
    [
        "BEGIN",
        "START TRANSACTION",
        "COMMIT",
        "END",
        "ABORT",
        "ROLLBACK",
        "/* a */ rollback to savepoint s",
        "SAVEPOINT s",
        "RELEASE s",
        "PREPARE TRANSACTION 'x'",
        "SET work_mem = '4MB'",
        "SET LOCAL work_mem = '4MB'",
        "RESET ALL",
        "SHOW search_path",
        "LISTEN a",
        "UNLISTEN *",
        "NOTIFY a",
        "DEALLOCATE ALL",
        "DISCARD TEMP",
    ],
)
def test_transaction_and_session_commands_get_no_prefix(sql: str) -> None:
    assert placement(sql) is Placement.NONE
    assert sent(sql) == sql


@pytest.mark.parametrize(
    "sql",
    [
        "COPY a FROM STDIN",
        "EXPLAIN SELECT 1",
        "CALL a()",
        "DO $$ BEGIN PERFORM 1; END $$",
        "CREATE TABLE a ()",
        "ALTER TABLE a ADD b int;",
        "TRUNCATE a",
        "DECLARE c CURSOR FOR SELECT 1",
        "FETCH ALL FROM c",
        "PREPARE p AS SELECT 1",
        "EXECUTE p",
        "SET CONSTRAINTS a IMMEDIATE",
        "SET /* x */ CONSTRAINTS ALL DEFERRED",
        "SELECTED",
        "UNHEARD OF",
        "\ufeffSELECT 1",
        "\xa0SELECT 1",
        "-- why\rCREATE TABLE a ()",
    ],
)
def test_all_other_statements_get_the_prefix_in_an_earlier_message(sql: str) -> None:
    assert placement(sql) is Placement.OWN_MESSAGE
    assert sent(sql) == sql


def test_a_lock_gets_the_prefix_in_an_earlier_message_without_a_check() -> None:
    assert placement("LOCK a") is Placement.OWN_MESSAGE_WITHOUT_CHECK
    assert sent("LOCK a") == "LOCK a"


@pytest.mark.parametrize("sql", ["", " ", "-- nothing", "/* nothing */", ";;", "/* open"])
def test_an_empty_string_is_sent_unchanged(sql: str) -> None:
    assert sent(sql) == sql


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1; SELECT 2", "<path>SELECT 1; SELECT 2"),
        ("ROLLBACK; SELECT 2", "ROLLBACK;<path> SELECT 2"),
        ("SELECT 1;SET a=1;SELECT 2;", "<path>SELECT 1;SET a=1;<path>SELECT 2;"),
        ("SET LOCAL a=1; /* ; */ SHOW a", "SET LOCAL a=1; /* ; */ SHOW a"),
        ("SET CONSTRAINTS a IMMEDIATE; ALTER TABLE b DROP CONSTRAINT a", None),
        ("COMMIT; -- ;\n;SELECT 1", "COMMIT; -- ;\n;<path>SELECT 1"),
        ("SHOW a; SELECT ';ROLLBACK;'; SELECT 2", "SHOW a;<path> SELECT ';ROLLBACK;'; SELECT 2"),
        ("SELECT E'\\';ROLLBACK;'; SELECT 2", None),
        ("SELECT $x$;ROLLBACK;$$;$x$; SELECT 2", None),
        ('SELECT 1 AS ";ROLLBACK;"; SELECT 2', None),
        ("SELECT E'a' --\n -- '\n 'b\\';ROLLBACK;'; SELECT 2", None),
        ("SELECT $€$;ROLLBACK;$€$; SELECT 2", None),
        (
            "SELECT €$b$;ROLLBACK;SELECT c$b$",
            "<path>SELECT €$b$;ROLLBACK;<path>SELECT c$b$",
        ),
        ("SELECT '-- ;\r;ROLLBACK;'; SELECT 2", None),
        ("CREATE RULE r AS ON UPDATE TO a DO ALSO (SELECT 1; NOTIFY b; SELECT 1); SELECT 2", None),
        ("SELECT $a$; ROLLBACK; SELECT 2", None),
        ("SELECT a$b$;ROLLBACK;SELECT c$b$", "<path>SELECT a$b$;ROLLBACK;<path>SELECT c$b$"),
    ],
)
def test_several_statements_get_the_prefix_at_first_and_after_each_session_command(
    sql: str, expected: str | None
) -> None:
    assert sent(sql) == (PREFIX + sql if expected is None else expected)


def test_several_statements_get_the_strictest_placement() -> None:
    assert placement("SHOW a; SELECT 1") is Placement.SAME_MESSAGE
    assert placement("SELECT 1; CREATE TABLE a (); SHOW a") is Placement.OWN_MESSAGE


def test_many_quotes_without_an_end_are_parsed_in_linear_time() -> None:
    sql = "SELECT ';', " + " ".join(f"$t{number}$" for number in range(100_000))
    begun = perf_counter()
    assert sent(sql) == PREFIX + sql
    # To search the end of each would take minutes.
    assert perf_counter() - begun < 5


BLANKS = st.lists(st.sampled_from([" ", "\n", "-- ;'\n", "/* ; /* ' */ */"])).map("".join)
SESSION_COMMANDS = st.sampled_from(["ROLLBACK", "SET a=1", "RELEASE s"])
QUERIES = st.sampled_from(["(SELECT ';')", "VALUES ($a$;$a$)", "UPDATE a SET b=E'\\';'"])


@given(st.lists(st.tuples(BLANKS, SESSION_COMMANDS | QUERIES), min_size=1), BLANKS)
def test_no_query_of_several_statements_lacks_the_prefix(
    statements: list[tuple[str, str]], tail: str
) -> None:
    sql = ";".join(blank + statement for blank, statement in statements) + ";" + tail
    prefixed = False
    for (_, statement), piece in zip(statements, _pieces(sent(sql), statements), strict=True):
        is_session_command = statement.split()[0] in {"ROLLBACK", "SET", "RELEASE"}
        prefixed = not is_session_command and (prefixed or PREFIX in piece)
        assert prefixed is not is_session_command
    assert sent(sql).replace(PREFIX, "") == sql


def _pieces(text: str, statements: list[tuple[str, str]]) -> list[str]:
    """Return the text up to the end of each statement, from the end of the previous one."""
    pieces = []
    for blank, statement in statements:
        end = text.index(statement, text.index(blank)) + len(statement)
        pieces.append(text[:end])
        text = text[end:]
    return pieces


@given(st.binary())
def test_any_text_is_parsed_without_changes(sql: bytes) -> None:
    assert parse(sql).with_prefix(b"", sql) == sql
