"""Leaks of django-tenants' own backend, which `tenantry.postgres` does not have."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from threading import Event, Thread

import pytest
from customers.models import Client
from django.db import connection
from django_tenants.utils import schema_context
from notes.models import Note
from psycopg2 import extensions

Tenants = tuple[Client, Client]


@pytest.fixture
def tenants(transactional_db: None) -> Iterator[Tenants]:
    tenants = Client(schema_name="red", name="Red"), Client(schema_name="blue", name="Blue")
    for tenant in tenants:
        tenant.save(verbosity=0)
    yield tenants
    connection.set_schema_to_public()
    for tenant in tenants:
        tenant.delete(force_drop=True)


def session_search_path() -> str:
    """Return the search_path that the next user of the connection gets, by plain psycopg2."""
    with extensions.cursor(connection.connection) as cursor:
        cursor.execute("SHOW search_path")
        (path,) = cursor.fetchone()
    return path


def test_no_tenant_stays_on_the_session(tenants: Tenants) -> None:
    with schema_context("red"):
        Note.objects.create(text="red")

    assert "red" not in session_search_path()


def test_an_error_leaves_no_tenant_on_the_session(tenants: Tenants) -> None:
    with pytest.raises(ZeroDivisionError), schema_context("red"):
        Note.objects.create(text=str(1 / Note.objects.count()))

    assert "red" not in session_search_path()


def test_blocks_of_two_threads_restore_the_tenant_of_each(tenants: Tenants) -> None:
    red, blue = tenants
    with ExitStack() as other, red:
        with blue:
            other.enter_context(in_another_thread(blue))
        assert connection.schema_name == "red"


def test_a_decorator_in_two_threads_restores_the_tenant_of_each(tenants: Tenants) -> None:
    shared = schema_context("blue")
    with ExitStack() as other:
        connection.set_schema("red")
        shared(lambda: other.enter_context(in_another_thread(shared)))()
        assert connection.schema_name == "red"
    connection.set_schema_to_public()


@contextmanager
def in_another_thread(block: AbstractContextManager[object]) -> Iterator[None]:
    """Keep a block open in another thread."""
    entered, finish = Event(), Event()

    def work() -> None:
        with block:
            entered.set()
            finish.wait(timeout=10)
        connection.close()

    thread = Thread(target=work)
    thread.start()
    assert entered.wait(timeout=10)
    try:
        yield
    finally:
        finish.set()
        thread.join(timeout=10)
