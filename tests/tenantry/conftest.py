"""Two bare tenants and connections of a test's own, outside of any test's transaction."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg2 import extensions
from pytest_django import DjangoDbBlocker

from tenantry.postgres.base import DatabaseWrapper

from .wire import Wire, tapped

# A project of its own, which test_wheel.py copies.
collect_ignore = ["adopter"]

SCHEMAS = ("red", "blue")


@pytest.fixture(scope="session")
def red_and_blue(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Two committed schemas whose table `note` holds one row: the schema's name."""
    with django_db_blocker.unblock():
        maker = connections[DEFAULT_DB_ALIAS].copy()
        with maker.cursor() as cursor:
            # Wherever the developer lives, what is sent is the same.
            cursor.execute(f"ALTER DATABASE {maker.settings_dict['NAME']} SET timezone = 'UTC'")
            for schema in SCHEMAS:
                cursor.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')
                cursor.execute(f'CREATE SCHEMA "{schema}"')
                cursor.execute(f'CREATE TABLE "{schema}".note (text text)')
                cursor.execute(f"INSERT INTO \"{schema}\".note VALUES ('{schema}')")
        maker.close()  # No database can be copied while somebody is connected to it.
        yield
        with maker.cursor() as cursor:
            for schema in SCHEMAS:
                cursor.execute(f'DROP SCHEMA "{schema}" CASCADE')
        maker.close()


@pytest.fixture
def own(db: None, red_and_blue: None) -> Iterator[DatabaseWrapper]:
    """A connection of this test alone, as `connections["own"]`, in autocommit.

    The test fails if it leaves a trace on the session.
    """
    connection = connections[DEFAULT_DB_ALIAS].copy("own")
    assert isinstance(connection, DatabaseWrapper)
    connections["own"] = connection
    yield connection
    if connection.connection and not connection.connection.closed:
        connection.connection.rollback()
        assert set_on_session(connection) == []
    connection.close()
    del connections["own"]


@pytest.fixture
def wire(own: DatabaseWrapper) -> Iterator[Wire]:
    """The wire that `own` goes over."""
    settings = own.settings_dict
    with tapped(Wire(settings["HOST"], int(settings["PORT"]))) as wire:
        settings.update(HOST="127.0.0.1", PORT=wire.port)
        settings["OPTIONS"]["gssencmode"] = settings["OPTIONS"]["sslmode"] = "disable"
        yield wire
        own.close()


def set_on_session(connection: DatabaseWrapper) -> list[str]:
    """Return the parameters whose value stays on the session for whoever gets it next."""
    with extensions.cursor(connection.connection) as plain:
        plain.execute("SELECT name FROM pg_settings WHERE source = 'session'")
        return [name for (name,) in plain.fetchall()]


def ask(connection: DatabaseWrapper, sql: str, params: Any = None) -> Any:
    """Return the first value of the answer."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()[0]


def here(connection: DatabaseWrapper) -> str:
    """Return whose rows a query sees, and whose schema the server works in: they must agree."""
    note, schema = (
        ask(connection, f"SELECT {what}") for what in ("text FROM note", "current_schema()")
    )
    assert note == schema
    return str(note)
