"""Statements that use an object of another schema by its name. Each takes a cursor and a schema.

PostgreSQL denies each with TENANT_ROLES, and without them allows each.
"""

from collections.abc import Callable
from io import StringIO
from itertools import count
from typing import Any

from tenantry.context import tenant_context

from .tenants import TABLE, large_object

Trespass = Callable[[Any, str], object]

_numbers = count()


def _execute(statement: str) -> Trespass:
    return lambda cursor, other: cursor.execute(
        statement.format(other=other, table=f"{other}.{TABLE}", number=large_object(other))
    )


def _executemany(cursor: Any, other: str) -> None:
    cursor.executemany(f"INSERT INTO {other}.{TABLE} VALUES (%s)", [[-1], [-2]])


def _callproc(cursor: Any, other: str) -> None:
    cursor.callproc(f"{other}.isolation_invoker")


def _copy(statement: str) -> Trespass:
    return lambda cursor, other: cursor.copy_expert(
        statement.format(table=f"{other}.{TABLE}"), StringIO("-1\n")
    )


def _temporary(statement: str) -> Trespass:
    """Use a temporary table that the other tenant made on the same session."""

    def use(cursor: Any, other: str) -> None:
        with tenant_context(other):
            cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS of_{other} (number int)")
        cursor.execute(statement.format(table=f"pg_temp.of_{other}"))

    return use


def _view(cursor: Any, other: str) -> None:
    """Make a view of a table and read it. In `public`, PostgreSQL denies only the second."""
    view = f"pg_temp.view_{next(_numbers)}"
    cursor.execute(f"CREATE VIEW {view} AS SELECT * FROM {other}.{TABLE}")
    cursor.execute(f"SELECT * FROM {view}")


TRESPASSES: dict[str, Trespass] = {
    "SELECT": _execute("SELECT * FROM {table}"),
    "INSERT": _execute("INSERT INTO {table} VALUES (-1)"),
    "INSERT of theirs": _execute(f"INSERT INTO {TABLE} SELECT number FROM {{table}}"),
    "UPDATE": _execute("UPDATE {table} SET number = -1"),
    "DELETE": _execute("DELETE FROM {table}"),
    "TRUNCATE": _execute("TRUNCATE {table}"),
    "LOCK": _execute("LOCK TABLE {table} IN ACCESS SHARE MODE"),
    "UNION": _execute(f"SELECT number FROM {TABLE} UNION SELECT number FROM {{table}}"),
    "subselect": _execute("SELECT (SELECT max(number) FROM {table})"),
    "EXPLAIN": _execute("EXPLAIN ANALYZE SELECT * FROM {table}"),
    "executemany": _executemany,
    "COPY TO": _copy("COPY {table} TO STDOUT"),
    "COPY query": _copy("COPY (SELECT * FROM {table}) TO STDOUT"),
    "COPY FROM": _copy("COPY {table} FROM STDIN"),
    "DECLARE": _execute("DECLARE theirs CURSOR FOR SELECT * FROM {table}"),
    "nextval": _execute("SELECT nextval('{other}.isolation_sequence')"),
    "setval": _execute("SELECT setval('{other}.isolation_sequence', 7)"),
    "view": _execute("SELECT * FROM {other}.isolation_view"),
    "new view": _view,
    "new table": _execute("CREATE TABLE {other}.isolation_new (number int)"),
    # Without rows, since the embedded server can make no XML of them.
    "query_to_xml": _execute(
        "SELECT query_to_xml('SELECT * FROM {table} WHERE false', true, false, '') IS NULL"
    ),
    "set_config": _execute("SELECT set_config('role', 'none', true)"),
    "function": _execute("SELECT {other}.isolation_invoker()"),
    "function of the owner": _execute("SELECT {other}.isolation_definer()"),
    "callproc": _callproc,
    "trigger": _execute(
        "CREATE OR REPLACE TRIGGER isolation BEFORE UPDATE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()"
    ),
    "ALTER": _execute("ALTER TABLE {table} ADD COLUMN IF NOT EXISTS number int"),
    "lo_get": _execute("SELECT lo_get({number})"),
    "lo_open": _execute("SELECT lo_open({number}, x'20000'::int)"),
    "lo_put": _execute("SELECT lo_put({number}, 0, 'x')"),
    "lo_unlink": _execute("SELECT lo_unlink({number})"),
    "temporary table": _temporary("SELECT * FROM {table}"),
    "temporary table written": _temporary("INSERT INTO {table} VALUES (1)"),
}


def trespass(kind: str, other: str) -> Callable[[Any], object]:
    """Return what uses another schema, given a cursor."""
    return lambda cursor: TRESPASSES[kind](cursor, other)
