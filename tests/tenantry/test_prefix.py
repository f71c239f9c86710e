"""What a statement carries, read from its text alone."""

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.postgres.parameters import Parameters
from tenantry.postgres.prefix import Placement, parse

PREFIX = "<path>"


def sent(sql: str) -> str:
    """Return what is sent of `sql` in its own message."""
    return parse(sql).with_prefix(PREFIX, sql)


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
def test_a_query_carries_the_path_in_its_own_message(sql: str) -> None:
    assert parse(sql).placement is Placement.SAME_MESSAGE
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
def test_transaction_and_session_commands_carry_nothing(sql: str) -> None:
    assert parse(sql).placement is Placement.NONE
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
def test_anything_else_gets_a_message_of_its_own_ahead(sql: str) -> None:
    assert parse(sql).placement is Placement.OWN_MESSAGE
    assert sent(sql) == sql


def test_a_lock_gets_its_path_ahead_and_takes_no_snapshot_before_it() -> None:
    assert parse("LOCK a").placement is Placement.OWN_MESSAGE_WITHOUT_CHECK
    assert sent("LOCK a") == "LOCK a"


@pytest.mark.parametrize("sql", ["", " ", "-- nothing", "/* nothing */", ";;", "/* open"])
def test_nothing_to_send_is_left_to_psycopg2_to_complain_about(sql: str) -> None:
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
def test_of_several_statements_each_that_follows_a_bare_one_carries_the_path(
    sql: str, expected: str | None
) -> None:
    assert sent(sql) == (PREFIX + sql if expected is None else expected)


def test_of_several_statements_the_one_with_most_to_lose_decides() -> None:
    assert parse("SHOW a; SELECT 1").placement is Placement.SAME_MESSAGE
    assert parse("SELECT 1; CREATE TABLE a (); SHOW a").placement is Placement.OWN_MESSAGE


def test_many_quotes_that_nothing_closes_are_read_once() -> None:
    sql = "SELECT ';', " + " ".join(f"$t{number}$" for number in range(100_000))
    begun = perf_counter()
    assert sent(sql) == PREFIX + sql
    # Reading on from each to the end would take minutes.
    assert perf_counter() - begun < 5


BLANKS = st.lists(st.sampled_from([" ", "\n", "-- ;'\n", "/* ; /* ' */ */"])).map("".join)
BARE = st.sampled_from(["ROLLBACK", "SET a=1", "RELEASE s"])
QUERIES = st.sampled_from(["(SELECT ';')", "VALUES ($a$;$a$)", "UPDATE a SET b=E'\\';'"])


@given(st.lists(st.tuples(BLANKS, BARE | QUERIES), min_size=1), BLANKS)
def test_whatever_stands_between_them_no_query_goes_without_the_path(
    statements: list[tuple[str, str]], tail: str
) -> None:
    sql = ";".join(blank + statement for blank, statement in statements) + ";" + tail
    carried = False
    for (_, statement), piece in zip(statements, _pieces(sent(sql), statements), strict=True):
        is_bare = statement.split()[0] in {"ROLLBACK", "SET", "RELEASE"}
        carried = not is_bare and (carried or PREFIX in piece)
        assert carried is not is_bare
    assert sent(sql).replace(PREFIX, "") == sql


def _pieces(text: str, statements: list[tuple[str, str]]) -> list[str]:
    """Return what stands before the end of each statement and after the one before."""
    pieces = []
    for blank, statement in statements:
        end = text.index(statement, text.index(blank)) + len(statement)
        pieces.append(text[:end])
        text = text[end:]
    return pieces


@given(st.text())
def test_any_text_survives_the_reading(sql: str) -> None:
    assert parse(sql).with_prefix("", sql) == sql


def test_a_tenant_comes_before_public_and_temporary_tables_come_last() -> None:
    prefix = Parameters().prefix("acme", include_public=True)
    assert prefix == 'SET LOCAL search_path="acme","public",pg_temp;\n'


def test_public_can_be_left_out() -> None:
    assert Parameters().search_path("acme", include_public=False) == '"acme",pg_temp'


@pytest.mark.parametrize("include_public", [True, False])
def test_no_tenant_means_public_alone(include_public: bool) -> None:
    assert Parameters().search_path(None, include_public=include_public) == '"public",pg_temp'


def test_extension_schemas_follow_public() -> None:
    path = Parameters(extra_schemas=("hstore",)).search_path("acme", include_public=True)
    assert path == '"acme","public","hstore",pg_temp'


def test_settings_are_on_the_same_line_so_that_error_positions_shift_by_one_line() -> None:
    prefix = Parameters({"role": "o'hara", "statement_timeout": "5"}).prefix(
        None, include_public=True
    )
    assert prefix.startswith("SET LOCAL role='o''hara';SET LOCAL statement_timeout='5';SET LOCAL s")
    assert prefix.count("\n") == 1


def test_startup_options_escape_blanks() -> None:
    parameters = Parameters({"role": r"a b\c"})
    assert parameters.startup_options(None, include_public=True) == (
        r'-c role=a\ b\\c -c search_path="public",pg_temp'
    )


def test_what_refuses_a_transaction_waits_for_locks_as_long_as_it_takes() -> None:
    """CREATE INDEX CONCURRENTLY leaves an invalid index where it is cut."""
    parameters = Parameters({"lock_timeout": "2s", "statement_timeout": "0"})
    assert parameters.startup_options(None, include_public=True) == (
        '-c statement_timeout=0 -c search_path="public",pg_temp'
    )


def test_only_a_statement_in_a_transaction_carries_how_long_that_may_lie_idle() -> None:
    parameters = Parameters(
        {"idle_in_transaction_session_timeout": "1s", "statement_timeout": "2s"}
    )
    within = parameters.prefix("red", include_public=True)
    alone = parameters.prefix("red", include_public=True, alone=True)
    assert "SET LOCAL idle_in_transaction_session_timeout='1s';" in within
    assert "idle_in_transaction" not in alone
    assert "SET LOCAL statement_timeout='2s';" in alone
