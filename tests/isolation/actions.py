"""Reads, writes and failing statements for the state machine. Each takes a cursor."""

from collections.abc import Callable
from io import StringIO
from typing import Any

from psycopg2 import sql

from tenantry.statements import several_statements

from .tenants import TABLE

several = several_statements(reason="They read and write one tenant, too.")
Result = tuple[str, list[int]]

NUMBERS = f"SELECT number FROM {TABLE} ORDER BY number"
ROWS = f"SELECT current_schema(), array({NUMBERS})"
INSERT = f"INSERT INTO {TABLE} VALUES (%s)"


def select(cursor: Any) -> Result:
    return _fetch(cursor, f"/* a /* nested */ one */ -- and another\n ({ROWS})")


def common_table(cursor: Any) -> Result:
    return _fetch(cursor, f"WITH own AS ({NUMBERS}) SELECT current_schema(), array(TABLE own)")


@several
def second_of_two(cursor: Any) -> Result:
    return _fetch(cursor, f"SET LOCAL work_mem = '4MB'; {ROWS}")


def copy_to(cursor: Any) -> Result:
    file = StringIO()
    cursor.copy_to(file, TABLE)
    return _copied(cursor, file)


def copy_expert(cursor: Any) -> Result:
    file = StringIO()
    cursor.copy_expert(f"COPY ({NUMBERS}) TO STDOUT", file)
    return _copied(cursor, file)


def explain(cursor: Any) -> Result:
    """Read the schema of the table from the plan."""
    cursor.execute(f"EXPLAIN (VERBOSE, FORMAT JSON) {NUMBERS}")
    schema = _scanned_schema(cursor.fetchone()[0][0]["Plan"])
    return schema, _fetch(cursor, ROWS)[1]


def prepared(cursor: Any) -> Result:
    """Execute a statement that this or another tenant prepared on the connection."""
    cursor.execute("SELECT FROM pg_prepared_statements WHERE name = 'isolation'")
    if not cursor.rowcount:
        cursor.execute(f"PREPARE isolation AS {ROWS}")
    return _fetch(cursor, "EXECUTE isolation")


READS: dict[str, Callable[[Any], Result]] = {
    read.__name__: read
    for read in (select, common_table, second_of_two, copy_to, copy_expert, explain, prepared)
}


def _fetch(cursor: Any, statement: str) -> Result:
    cursor.execute(statement)
    result: Result = cursor.fetchone()
    return result


def _copied(cursor: Any, file: StringIO) -> Result:
    cursor.callproc("current_schema")
    return cursor.fetchone()[0], sorted(map(int, file.getvalue().split()))


def _scanned_schema(plan: dict[str, Any]) -> str:
    return plan["Schema"] if "Schema" in plan else _scanned_schema(plan["Plans"][0])


# Each writes two numbers.
WRITES: dict[str, Callable[[Any, int, int], Any]] = {
    "execute": lambda cursor, a, b: cursor.execute(f"{INSERT}, (%s)", [a, b]),
    "executemany": lambda cursor, a, b: cursor.executemany(INSERT, [[a], [b]]),
    "two statements": several(lambda cursor, a, b: cursor.execute(f"{INSERT}; {INSERT}", [a, b])),
    "composed": lambda cursor, a, b: cursor.execute(
        sql.SQL("WITH new AS (VALUES ({}), ({})) INSERT INTO {} TABLE new").format(
            sql.Literal(a), sql.Literal(b), sql.Identifier(TABLE)
        )
    ),
    "block": several(
        lambda cursor, a, b: cursor.execute(
            f"DO $$ BEGIN INSERT INTO {TABLE} VALUES ({a}), ({b}); END $$"
        )
    ),
    "copy_from": lambda cursor, a, b: cursor.copy_from(StringIO(f"{a}\n{b}\n"), TABLE),
    "copy_expert": lambda cursor, a, b: cursor.copy_expert(
        f"COPY {TABLE} FROM STDIN", StringIO(f"{a}\n{b}\n")
    ),
}

FAILURES: dict[str, Callable[[Any], Any]] = {
    "division": lambda cursor: cursor.execute("SELECT 1/0"),
    "no table": lambda cursor: cursor.execute("SELECT * FROM nowhere"),
    "no SQL": lambda cursor: cursor.execute("nonsense"),
    "constraint": lambda cursor: cursor.executemany(INSERT, [[None]]),
    "copy": lambda cursor: cursor.copy_expert(f"COPY {TABLE} FROM STDIN", StringIO("word\n")),
    "no function": lambda cursor: cursor.callproc("no_function"),
}
