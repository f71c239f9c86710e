"""Two committed schemas, and connections outside of the transaction of pytest-django."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, connections
from django.test import override_settings
from psycopg2 import extensions
from pytest_django import DjangoDbBlocker

from tenantry.postgres.base import DatabaseWrapper

from .wire import Wire, tapped

# A separate project, which test_wheel.py copies.
collect_ignore = ["adopter"]

SCHEMAS = ("red", "blue")


@pytest.fixture(scope="package", autouse=True)
def no_tenant_roles() -> Iterator[None]:
    """Many schemas of these tests are made by hand and have no role; those of `roles` have one."""
    with override_settings(TENANT_ROLES=False):
        yield


@pytest.fixture(scope="session")
def red_and_blue(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Two committed schemas. Their table `note` has one row: the schema's name."""
    with django_db_blocker.unblock():
        maker = connections[DEFAULT_DB_ALIAS].copy()
        with maker.cursor() as cursor:
            # So that the statements do not depend on the time zone of the machine.
            cursor.execute(f"ALTER DATABASE {maker.settings_dict['NAME']} SET timezone = 'UTC'")
            for schema in SCHEMAS:
                cursor.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')
                cursor.execute(f'CREATE SCHEMA "{schema}"')
                cursor.execute(f'CREATE TABLE "{schema}".note (text text)')
                cursor.execute(f"INSERT INTO \"{schema}\".note VALUES ('{schema}')")
        maker.close()  # A database with connections cannot be copied.
        yield
        with maker.cursor() as cursor:
            for schema in SCHEMAS:
                cursor.execute(f'DROP SCHEMA "{schema}" CASCADE')
        maker.close()


@pytest.fixture
def own(db: None, red_and_blue: None) -> Iterator[DatabaseWrapper]:
    """A connection for one test, `connections["own"]`, in autocommit.

    A test that changes a setting of the session fails.
    """
    connection = connections[DEFAULT_DB_ALIAS].copy("own")
    assert isinstance(connection, DatabaseWrapper)
    connections["own"] = connection
    yield connection
    if connection.connection and not connection.connection.closed:
        connection.connection.rollback()
        assert session_settings(connection) == []
    connection.close()
    del connections["own"]


@pytest.fixture
def wire(own: DatabaseWrapper) -> Iterator[Wire]:
    """Records the messages of `own`."""
    settings = own.settings_dict
    with tapped(Wire(settings["HOST"], int(settings["PORT"]))) as wire:
        settings.update(HOST="127.0.0.1", PORT=wire.port)
        settings["OPTIONS"]["gssencmode"] = settings["OPTIONS"]["sslmode"] = "disable"
        yield wire
        own.close()


def session_settings(connection: DatabaseWrapper) -> list[str]:
    """Return the parameters that are set on the session, where the next client would find them."""
    with extensions.cursor(connection.connection) as plain:
        plain.execute("SELECT name FROM pg_settings WHERE source = 'session'")
        return [name for (name,) in plain.fetchall()]


def fetch_value(connection: DatabaseWrapper, sql: str, params: Any = None) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()[0]


def visible_schema(connection: DatabaseWrapper) -> str:
    """Return the schema of the rows that a query reads, which must be the current schema."""
    note, schema = (
        fetch_value(connection, f"SELECT {what}") for what in ("text FROM note", "current_schema()")
    )
    assert note == schema
    return str(note)
