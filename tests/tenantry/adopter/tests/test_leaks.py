"""What the stock engine leaves behind, and `tenantry.postgres` does not."""

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
    """Two tenants whose rows are committed."""
    made = Client(schema_name="red", name="Red"), Client(schema_name="blue", name="Blue")
    for tenant in made:
        tenant.save(verbosity=0)
    yield made
    connection.set_schema_to_public()
    for tenant in made:
        tenant.delete(force_drop=True)


def path_of_the_session() -> str:
    """Ask psycopg2, past the engine, what the next user of this connection finds."""
    with extensions.cursor(connection.connection) as cursor:
        cursor.execute("SHOW search_path")
        (path,) = cursor.fetchone()
    return path


def test_no_tenant_stays_on_the_session(tenants: Tenants) -> None:
    with schema_context("red"):
        Note.objects.create(text="red")

    assert "red" not in path_of_the_session()


def test_an_error_leaves_no_tenant_on_the_session(tenants: Tenants) -> None:
    with pytest.raises(ZeroDivisionError), schema_context("red"):
        Note.objects.create(text=str(1 / Note.objects.count()))

    assert "red" not in path_of_the_session()


def test_blocks_of_two_threads_give_each_its_own_tenant_back(tenants: Tenants) -> None:
    red, blue = tenants
    with ExitStack() as other, red:
        with blue:
            other.enter_context(beside(blue))
        assert connection.schema_name == "red"


def test_a_decorator_of_two_threads_gives_each_its_own_tenant_back(tenants: Tenants) -> None:
    shared = schema_context("blue")
    with ExitStack() as other:
        connection.set_schema("red")
        shared(lambda: other.enter_context(beside(shared)))()
        assert connection.schema_name == "red"
    connection.set_schema_to_public()


@contextmanager
def beside(entered: AbstractContextManager[object]) -> Iterator[None]:
    """Keep a block open in another thread."""
    is_in, go_on = Event(), Event()

    def hold() -> None:
        with entered:
            is_in.set()
            go_on.wait(timeout=10)
        connection.close()

    thread = Thread(target=hold)
    thread.start()
    assert is_in.wait(timeout=10)
    try:
        yield
    finally:
        go_on.set()
        thread.join(timeout=10)
