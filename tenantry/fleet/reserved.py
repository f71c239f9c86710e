"""Reserves the names of the tenants' tables in `public`.

`public` is second in search_path, so without a reservation a query of a table that a tenant lacks
would read the table of that name in `public`. A composite type without attributes takes the name:
PostgreSQL creates no table, view or sequence of that name, and rejects every query of it, even by a
superuser.
"""

from collections.abc import Iterable
from typing import Any

from django.db import connection

from tenantry.errors import TableNamesTaken
from tenantry.names import PUBLIC, TEMPLATE
from tenantry.sql import read_sql
from tenantry.tenant_apps import models_with_tables, private_app_configs

_UNRESERVED = read_sql("unreserved_names")
_MARK = "Reserved: each tenant has a table of this name in its own schema."


def reserved_tables() -> set[str]:
    """Return the tables of models that are only in the tenants' schemas.

    Tables of unmanaged models are not reserved: migrations often create such a view after DROP VIEW
    IF EXISTS, which fails for a reserved name.
    """
    models = models_with_tables(private_app_configs())
    return {model._meta.db_table for model in models if model._meta.managed}


def taken_names() -> list[str]:
    """Return the relations in `public` with the name of a tenant table."""
    tables = [model._meta.db_table for model in models_with_tables(private_app_configs())]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace "
            "AND relname = ANY(%s) AND relkind <> 'c' ORDER BY 1",
            [PUBLIC, tables],
        )
        return [name for (name,) in cursor]


def require_no_taken_names() -> None:
    """Check that no query of a tenant can read a table of `public` by mistake.

    Raises:
        TableNamesTaken: `public` has a table or view with the name of a tenant table.
    """
    if taken := taken_names():
        raise TableNamesTaken(taken)


def names_are_reserved() -> bool:
    """Return whether `reserve_names` and `release_names` have nothing to do."""
    return not _unreserved()


def release_names() -> None:
    """Release the names that no tenant table has any more, so that shared tables can use them."""
    _execute(f"DROP TYPE {_type(name)}" for name, outdated in _unreserved() if outdated)


def reserve_names() -> None:
    """Reserve the names of all tenant tables, and of their sequences in the template."""
    _execute(
        f"CREATE TYPE {_type(name)} AS (); COMMENT ON TYPE {_type(name)} IS '{_MARK}'"
        for name, outdated in _unreserved()
        if not outdated
    )


def _unreserved() -> list[tuple[str, bool]]:
    """Return names to reserve, and, with True, names to release."""
    parameters: dict[str, Any] = {
        "tables": [*reserved_tables()],
        "template": TEMPLATE,
        "mark": _MARK,
    }
    with connection.cursor() as cursor:
        cursor.execute(_UNRESERVED, parameters)
        return list(cursor.fetchall())


def _type(name: str) -> str:
    return f"{PUBLIC}.{connection.ops.quote_name(name)}"


def _execute(statements: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
