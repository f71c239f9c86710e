"""`flush` of `public` and all tenants, and the compiler of queries."""

from typing import Any

from django_tenants.postgresql_backend.base import original_backend

from tenantry.context import active_schema
from tenantry.names import PUBLIC, TEMPLATE
from tenantry.sql import read_sql

from .creation import is_test_database

_TENANT_TABLES = read_sql("tenant_tables")

# The triggers of append-only tables; 32 is TRIGGER_TYPE_TRUNCATE, A is ENABLE ALWAYS.
_TRUNCATE_TRIGGERS = """
    SELECT format('ALTER TABLE %%s DISABLE TRIGGER %%I', tgrelid::regclass, tgname),
           format('ALTER TABLE %%s ENABLE %%sTRIGGER %%I', tgrelid::regclass,
                  CASE tgenabled WHEN 'A' THEN 'ALWAYS ' ELSE '' END, tgname)
    FROM pg_trigger
    WHERE tgtype & 32 <> 0 AND tgenabled IN ('O', 'A')
      AND tgrelid IN (SELECT to_regclass(name) FROM unnest(%s) AS name)
    ORDER BY 1
"""


class DatabaseOperations(original_backend.DatabaseWrapper.ops_class):  # type: ignore[misc]
    compiler_module = "tenantry.postgres.compiler"

    def sql_flush(self, style: Any, tables: list[str], **options: Any) -> list[str]:
        """Return the SQL that empties these tables.

        If these are all tables and no tenant is active, it empties every tenant's tables too. The
        template keeps its rows, which new tenants get, unless they refer to a deleted row.
        Triggers that reject TRUNCATE are disabled for these statements in a test database only.
        """
        if active_schema() is None and self._are_all(tables):
            tables = [*tables, *self._tenant_tables()]
        sql: list[str] = super().sql_flush(style, tables, **options)
        if not (sql and is_test_database(self.connection)):
            return sql
        triggers = self._truncate_triggers(tables)
        return [*(off for off, _ in triggers), *sql, *(on for _, on in triggers)]

    def _are_all(self, tables: list[str]) -> bool:
        """Return whether `flush` is the caller, and not code that empties a few tables."""
        every = self.connection.introspection.django_table_names(
            only_existing=True, include_views=False
        )
        return set(every) <= set(tables)

    def _tenant_tables(self) -> list[str]:
        with self.connection.cursor() as cursor:
            cursor.execute(_TENANT_TABLES, {"template": TEMPLATE, "public": PUBLIC})
            return [name for (name,) in cursor.fetchall()]

    def _truncate_triggers(self, tables: list[str]) -> list[tuple[str, str]]:
        """Return the statements that disable each trigger, and enable it again."""
        with self.connection.cursor() as cursor:
            cursor.execute(_TRUNCATE_TRIGGERS, [[self.quote_name(table) for table in tables]])
            return list(cursor.fetchall())
