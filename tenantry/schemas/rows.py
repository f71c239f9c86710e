"""Copies the rows and the sequences' values of a schema."""

import re
from dataclasses import dataclass
from hashlib import sha256

from django.db import connection
from django.db.backends.utils import CursorWrapper

from tenantry.names import quote_schema_name
from tenantry.schemas.catalog import SchemaDescription, read_catalog
from tenantry.sql import read_sql

_SEQUENCES = read_sql("sequences")
# Objects that can be the type of a column; rows of tables and views have a type of that name.
_TYPES = ("enum", "composite type", "domain", "table", "unlogged table", "view")


@dataclass(frozen=True)
class RowCopy:
    """Statements that read from the source and run with search_path set to the target.

    Args:
        filled: selects the numbers of the inserts for tables with rows; empty without tables.
        inserts: one for each table, without generated columns.
        sequences: sets all sequences; empty without sequences.
    """

    filled: str
    inserts: tuple[str, ...]
    sequences: str

    def run(self, cursor: CursorWrapper) -> None:
        """Copy the rows, then set each sequence past the source's value and past all rows."""
        statements = [self.sequences] if self.sequences else []
        if self.filled:
            cursor.execute(self.filled)
            statements = [*(self.inserts[number] for (number,) in cursor.fetchall()), *statements]
        if statements:
            cursor.execute("; ".join(statements))


def rows_digest(description: SchemaDescription) -> str:
    """Return a digest of the schema's rows in any order, without those of django_migrations."""
    source = quote_schema_name(description.schema_name)
    contents = " UNION ALL ".join(
        f"SELECT {number}, sum(hashtextextended((kept.*)::text, 0)) FROM {source}.{table} AS kept"  # noqa: S608
        for number, table in enumerate(description.columns("column"))
        if table != "django_migrations"
    )
    with connection.cursor() as cursor:
        cursor.execute(contents or "SELECT 0, NULL")
        filled = sorted((number, int(content)) for number, content in cursor if content is not None)
    return sha256(str(filled).encode()).hexdigest()[:32]


def row_copy(description: SchemaDescription) -> RowCopy:
    source = quote_schema_name(description.schema_name)
    tables = description.columns("column")
    values = _values(description)
    # Names from the catalog are quoted.
    return RowCopy(
        filled=" UNION ALL ".join(
            f"SELECT {number} WHERE EXISTS (SELECT FROM {source}.{table})"  # noqa: S608
            for number, table in enumerate(tables)
        ),
        inserts=tuple(
            f"INSERT INTO {table} ({', '.join(names)}) OVERRIDING SYSTEM VALUE "  # noqa: S608
            f"SELECT {', '.join(values[table])} FROM {source}.{table}"
            for table, names in tables.items()
        ),
        sequences=" UNION ALL ".join(
            _set_sequence(source, *row) for row in read_catalog(description.schema_name, _SEQUENCES)
        ),
    )


def _values(description: SchemaDescription) -> dict[str, list[str]]:
    """Return the expressions to select for each table's columns.

    A column of a type in the source schema is cast through text to the target's type.
    """
    names = [re.escape(entry.name) for entry in description.objects if entry.kind in _TYPES]
    own_type = re.compile(rf"({'|'.join(names)})(\[\])*(?= |$)")
    values: dict[str, list[str]] = {}
    for entry in description.objects:
        if entry.kind == "column":
            own = own_type.match(entry.definition)
            value = f"{entry.name}::text::{own[0]}" if own else entry.name
            values.setdefault(entry.parent, []).append(value)
    return values


def _set_sequence(
    source: str, name: str, table: str | None, column: str | None, ascending: bool
) -> str:
    literal = "'" + name.replace("'", "''") + "'"
    if column is None:
        return f"SELECT setval({literal}, last_value, is_called) FROM {source}.{name}"  # noqa: S608
    further, furthest = ("GREATEST", "max") if ascending else ("LEAST", "min")
    return (
        f"SELECT setval({literal}, {further}(last_value, furthest), "  # noqa: S608
        f"is_called OR furthest IS NOT NULL) FROM {source}.{name}, "
        f"(SELECT {furthest}({column})::bigint AS furthest FROM {table}) AS numbered"
    )
