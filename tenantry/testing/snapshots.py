"""Roll back the changes of a test in several schemas, with sequences, and compare rows."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection, transaction

from tenantry.names import PUBLIC, quote_schema_name


@contextmanager
def undone(schemas: Sequence[str]) -> Iterator[None]:
    """Roll back the changes of the block, and reset the sequences."""
    positions = _positions(schemas)
    try:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
    finally:
        _move(positions)


def align(schemas: Sequence[str]) -> None:
    """Set the sequences of all schemas to the same values, so that new rows get equal keys."""
    positions = _positions(schemas)
    furthest: dict[str, tuple[int, bool]] = {}
    for (_, name), position in positions.items():
        furthest[name] = max(position, furthest.get(name, position))
    _move({(schema, name): furthest[name] for schema, name in positions})


def contents(schema: str) -> dict[str, str]:
    """Return a digest of the rows of each table of a schema."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])
        tables = [name for (name,) in cursor]
        digests = " UNION ALL ".join(
            "SELECT %s, md5(string_agg(whole_row::text, ',' ORDER BY whole_row::text)) "  # noqa: S608
            f"FROM {quote_schema_name(schema)}.{connection.ops.quote_name(table)} AS whole_row"
            for table in tables
        )
        cursor.execute(digests, tables)
        return dict(cursor.fetchall())


_Positions = dict[tuple[str, str], tuple[int, bool]]
"""For schema and sequence: its value, and whether this value is used."""


def _positions(schemas: Sequence[str]) -> _Positions:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT schemaname, sequencename, coalesce(last_value, start_value), "
            "last_value IS NOT NULL FROM pg_sequences WHERE schemaname = ANY(%s)",
            [[*schemas, PUBLIC]],
        )
        return {(schema, name): (number, given) for schema, name, number, given in cursor}


def _move(positions: _Positions) -> None:
    schemas, names = zip(*positions, strict=True)
    numbers, given = zip(*positions.values(), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(format('%%I.%%I', schema, name)::regclass, number, given) "
            "FROM unnest(%s, %s, %s::bigint[], %s) AS position (schema, name, number, given)",
            [list(schemas), list(names), list(numbers), list(given)],
        )
