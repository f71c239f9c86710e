"""How much of the disk each schema takes: measured by one catalog query, kept in a table."""

from collections.abc import Collection
from pathlib import Path

from django.db import connection

_SQL = (Path(__file__).parent / "sql" / "refresh_sizes.sql").read_text()


def sizes_refresh(schema_names: Collection[str] | None = None) -> int:
    """Measure those organizations' schemas, or all, and keep what was found.

    Returns:
        How many were measured.
    """
    names = None if schema_names is None else list(schema_names)
    with connection.cursor() as cursor:
        cursor.execute(_SQL, {"names": names})
        return cursor.rowcount  # type: ignore[no-any-return]
