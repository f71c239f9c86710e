"""What PostgreSQL's catalog says about schemas."""

from django.db import connection


def schema_exists(schema_name: str) -> bool:
    """Return whether the database has a schema of that name, whoever made it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regnamespace(quote_ident(%s)) IS NOT NULL", [schema_name])
        (exists,) = cursor.fetchone()
    return bool(exists)
