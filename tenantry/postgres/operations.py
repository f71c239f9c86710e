"""What `flush` empties, `public` and the tenants that it knows; and the compiler of queries."""

from typing import Any

from django_tenants.postgresql_backend.base import original_backend

from tenantry.context import active_schema
from tenantry.names import PUBLIC, TEMPLATE

from .creation import is_test_database

# A schema that records migrations of its own is a tenant's. That record stays, as Django leaves
# the one in `public`. PostgreSQL empties no table of `public` without those of the template that
# refer to it by a constraint, as third-party apps' may; their rows would refer to nothing.
_TENANT_TABLES = """
    WITH RECURSIVE referring (oid) AS (
        SELECT conrelid
        FROM pg_constraint
        JOIN pg_class referrer ON referrer.oid = conrelid
        JOIN pg_class target ON target.oid = confrelid
        WHERE contype = 'f' AND referrer.relnamespace = to_regnamespace(%s)
          AND target.relnamespace <> referrer.relnamespace
        UNION
        SELECT conrelid FROM pg_constraint JOIN referring ON referring.oid = confrelid
        WHERE contype = 'f'
    )
    SELECT format('"%%s"."%%s"', n.nspname, c.relname)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND c.relname <> 'django_migrations'
      AND (n.nspname NOT IN (%s, %s)
           AND EXISTS (SELECT FROM pg_class m
                       WHERE m.relnamespace = n.oid AND m.relname = 'django_migrations')
           OR c.oid IN (SELECT oid FROM referring))
    ORDER BY 1
"""

# Those of an append-only table; 32 is TRIGGER_TYPE_TRUNCATE, A is ENABLE ALWAYS.
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
    """PostgreSQL's operations, where `flush` reaches the tenants and objects know their own."""

    compiler_module = "tenantry.postgres.compiler"

    def sql_flush(self, style: Any, tables: list[str], **options: Any) -> list[str]:
        """Empty the given tables; where all are given and no tenant is active, every tenant's too.

        The template keeps its rows, unless they refer to one that goes: new tenants get copies of
        them. Triggers that refuse TRUNCATE
        are off for these statements in a test database, and hold in every other.
        """
        if active_schema() is None and self._are_all(tables):
            tables = [*tables, *self._tenant_tables()]
        sql: list[str] = super().sql_flush(style, tables, **options)
        if not (sql and is_test_database(self.connection)):
            return sql
        triggers = self._truncate_triggers(tables)
        return [*(off for off, _ in triggers), *sql, *(on for _, on in triggers)]

    def _are_all(self, tables: list[str]) -> bool:
        """Return whether it is `flush` that asks, and not somebody with a few tables."""
        every = self.connection.introspection.django_table_names(
            only_existing=True, include_views=False
        )
        return set(every) <= set(tables)

    def _tenant_tables(self) -> list[str]:
        with self.connection.cursor() as cursor:
            cursor.execute(_TENANT_TABLES, [TEMPLATE, PUBLIC, TEMPLATE])
            return [name for (name,) in cursor.fetchall()]

    def _truncate_triggers(self, tables: list[str]) -> list[tuple[str, str]]:
        """Return the statements that turn each trigger off, and on again."""
        with self.connection.cursor() as cursor:
            cursor.execute(_TRUNCATE_TRIGGERS, [[self.quote_name(table) for table in tables]])
            return list(cursor.fetchall())
