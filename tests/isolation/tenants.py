"""Committed schemas for proofs: `public` and each tenant have a table of numbers."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.utils import load_backend
from psycopg2 import extensions

from .servers import Server

TENANTS = ("isolation_one", "isolation_two", "isolation_three")
SCHEMAS = ("public", *TENANTS)
TABLE = "isolation_row"
ENGINE = "tenantry.postgres"
STOCK = "django_tenants.postgresql_backend"


def database() -> Server:
    return Server.of(connections[DEFAULT_DB_ALIAS].settings_dict)


def empty_tables(observer: extensions.connection) -> None:
    with observer.cursor() as cursor:
        cursor.execute(";".join(f"DELETE FROM {schema}.{TABLE}" for schema in SCHEMAS))


@contextmanager
def committed_tables() -> Iterator[extensions.connection]:
    """Create the schemas and tables, yield a plain connection, and drop them."""
    drop = [
        *(f"DROP SCHEMA IF EXISTS {tenant} CASCADE" for tenant in TENANTS),
        f"DROP TABLE IF EXISTS public.{TABLE}",
    ]
    create = [
        *(f"CREATE SCHEMA {tenant}" for tenant in TENANTS),
        *(f"CREATE TABLE {schema}.{TABLE} (number int NOT NULL)" for schema in SCHEMAS),
    ]
    with closing(database().connect()) as observer, observer.cursor() as cursor:
        cursor.execute(";".join([*drop, *create]))
        yield observer
        cursor.execute(";".join(drop))


def open_wrapper(alias: str, engine: str, server: Server, **settings: Any) -> DatabaseWrapper:
    """Return a Django connection to a server, and register it under an alias."""
    entry = connections[DEFAULT_DB_ALIAS].settings_dict | settings | asdict(server)
    wrapper: DatabaseWrapper = load_backend(engine).DatabaseWrapper(entry, alias)
    connections[alias] = wrapper
    return wrapper
