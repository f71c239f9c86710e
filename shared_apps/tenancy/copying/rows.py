"""The rows that come with a copied schema, and where its sequences go on."""

from dataclasses import dataclass

from django.db.backends.utils import CursorWrapper

from shared_apps.tenancy.catalog import SchemaDescription, read_catalog, read_sql
from shared_apps.tenancy.names import quote_schema_name

_SEQUENCES = read_sql("sequences")


@dataclass(frozen=True)
class RowCopy:
    """The statements that read from the source, to be run with search_path set to the target.

    Args:
        filled: asks for the numbers of the inserts whose tables hold rows; empty without tables.
        inserts: one for each table, without generated columns.
        sequences: sets all sequences at once; empty without sequences.
    """

    filled: str
    inserts: tuple[str, ...]
    sequences: str

    def run(self, cursor: CursorWrapper) -> None:
        """Copy the rows; then start each sequence where its source stands and past all rows."""
        if self.filled:
            cursor.execute(self.filled)
            for (number,) in cursor.fetchall():
                cursor.execute(self.inserts[number])
        if self.sequences:
            cursor.execute(self.sequences)


def row_copy(description: SchemaDescription) -> RowCopy:
    """Return what copies the rows of the described schema."""
    source = quote_schema_name(description.schema_name)
    columns = description.columns("column")
    tables = [(table, ", ".join(names)) for table, names in columns.items()]
    # Names come quoted from the catalog.
    return RowCopy(
        filled=" UNION ALL ".join(
            f"SELECT {number} WHERE EXISTS (SELECT FROM {source}.{table})"  # noqa: S608
            for number, (table, _) in enumerate(tables)
        ),
        inserts=tuple(
            f"INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE "  # noqa: S608
            f"SELECT {names} FROM {source}.{table}"
            for table, names in tables
        ),
        sequences=" UNION ALL ".join(
            _set_sequence(source, *row) for row in read_catalog(description.schema_name, _SEQUENCES)
        ),
    )


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
