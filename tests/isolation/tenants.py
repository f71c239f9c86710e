"""Committed schemas for proofs: `public` and each tenant have the same objects.

They are a table of numbers, a view, a sequence, functions and a large object. The tenants have
roles, which TENANT_ROLES uses or not.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.utils import load_backend
from psycopg2 import extensions

from tenantry.fleet.roles import give_role, take_role_back

from .servers import Server

TENANTS = ("isolation_one", "isolation_two", "isolation_three")
SCHEMAS = ("public", *TENANTS)
TABLE = "isolation_row"
ENGINE = "tenantry.postgres"
STOCK = "django_tenants.postgresql_backend"

_CREATE = f"""
    CREATE TABLE {{schema}}.{TABLE} (number int NOT NULL);
    CREATE VIEW {{schema}}.isolation_view AS SELECT number FROM {{schema}}.{TABLE};
    CREATE SEQUENCE {{schema}}.isolation_sequence;
    CREATE FUNCTION {{schema}}.isolation_invoker() RETURNS bigint LANGUAGE sql
        AS 'SELECT count(*) FROM {{schema}}.{TABLE}';
    CREATE FUNCTION {{schema}}.isolation_definer() RETURNS bigint LANGUAGE sql SECURITY DEFINER
        AS 'SELECT count(*) FROM {{schema}}.{TABLE}';
    REVOKE EXECUTE ON FUNCTION {{schema}}.isolation_definer() FROM PUBLIC;
    SELECT lo_from_bytea({{number}}, 'secret')
"""
_DROP = f"""
    DROP VIEW IF EXISTS public.isolation_view;
    DROP FUNCTION IF EXISTS public.isolation_invoker(), public.isolation_definer();
    DROP SEQUENCE IF EXISTS public.isolation_sequence;
    DROP TABLE IF EXISTS public.{TABLE}
"""


def database() -> Server:
    return Server.of(connections[DEFAULT_DB_ALIAS].settings_dict)


def empty_tables(observer: extensions.connection) -> None:
    with observer.cursor() as cursor:
        cursor.execute(";".join(f"DELETE FROM {schema}.{TABLE}" for schema in SCHEMAS))


@contextmanager
def committed_tables() -> Iterator[extensions.connection]:
    """Create the schemas and objects, yield a plain connection, and drop them."""
    with closing(database().connect()) as observer, observer.cursor() as cursor:
        _drop(cursor)
        for schema in SCHEMAS:
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            cursor.execute(_CREATE.format(schema=schema, number=large_object(schema)))
        for tenant in TENANTS:
            give_role(tenant, has_tables=True)
        yield observer
        for tenant in TENANTS:
            take_role_back(tenant)
        _drop(cursor)


def large_object(schema: str) -> int:
    """Return the number of a schema's large object."""
    return 4_200 + SCHEMAS.index(schema)


def _drop(cursor: Any) -> None:
    for tenant in TENANTS:
        cursor.execute(f"DROP SCHEMA IF EXISTS {tenant} CASCADE")
    cursor.execute(_DROP)
    cursor.execute(
        "SELECT lo_unlink(oid) FROM pg_largeobject_metadata WHERE oid = ANY(%s::oid[])",
        [[large_object(schema) for schema in SCHEMAS]],
    )


def open_wrapper(alias: str, engine: str, server: Server, **settings: Any) -> DatabaseWrapper:
    """Return a Django connection to a server, and register it under an alias."""
    entry = connections[DEFAULT_DB_ALIAS].settings_dict | settings | asdict(server)
    wrapper: DatabaseWrapper = load_backend(engine).DatabaseWrapper(entry, alias)
    connections[alias] = wrapper
    return wrapper
