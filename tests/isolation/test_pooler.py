"""Clients of two organizations and one without a tenant share ONE session behind PgBouncer."""

import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import psycopg2
import pytest
from django.db import DatabaseError
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.transaction import atomic
from django.test import override_settings
from psycopg2 import errors, extensions
from pytest_django import Settings

from shared_apps.core.outages import is_outage
from tenantry.context import tenant_context
from tenantry.postgres.parameters import Parameters
from tenantry.roles import are_used

from .actions import INSERT, NUMBERS, ROWS
from .servers import Server, pgbouncer
from .tenants import ENGINE, STOCK, TENANTS, database, empty_tables, open_wrapper
from .trespasses import TRESPASSES

pytestmark = [pytest.mark.proof, pytest.mark.django_db]

SESSION = """
    SELECT concat_ws('; ', current_setting('search_path'), current_setting('statement_timeout'),
                     current_setting('role'), (SELECT count(*) FROM pg_cursors WHERE is_holdable))
"""
UNTOUCHED = '"$user", public; 0; none; 0'


@pytest.mark.parametrize("roles", [True, False], ids=["roles", "no roles"])
def test_clients_that_share_a_session_see_only_rows_of_their_tenant(
    observer: extensions.connection, settings: Settings, roles: bool
) -> None:
    settings.TENANT_ROLES = roles

    clients, sessions = share_one_session(ENGINE, observer, rounds=1_500)

    assert sum(client.statements for client in clients) >= 4_000
    assert [client.mismatches for client in clients] == [0, 0]
    assert [client.denials > 100 for client in clients] == [roles, roles]
    assert sessions == {UNTOUCHED}


def test_a_role_without_local_stays_on_the_session_for_the_next_client(
    observer: extensions.connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_local = Parameters._set_local
    monkeypatch.setattr(
        Parameters,
        "_set_local",
        lambda *arguments: set_local(*arguments).replace("SET LOCAL role=", "SET role="),
    )

    _, sessions = share_one_session(ENGINE, observer, rounds=100)

    assert sessions - {UNTOUCHED}


@override_settings(TENANT_ROLES=False)
def test_django_tenants_own_backend_mixes_up_clients_that_share_a_session(
    observer: extensions.connection,
) -> None:
    clients, sessions = share_one_session(STOCK, observer, rounds=400)

    assert all(client.mismatches > 0 for client in clients)
    assert sessions - {UNTOUCHED}


def test_the_server_ends_an_idle_transaction_and_the_pooler_reuses_its_session(
    observer: extensions.connection,
) -> None:
    empty_tables(observer)
    with (
        pgbouncer(database(), server_connections=1) as server,
        wrapper_of("idle", server, IDLE_IN_TRANSACTION_TIMEOUT=100) as idle,
        closing(server.connect()) as plain,
        tenant_context(TENANTS[0]),
    ):
        seen: list[Any] = []

        def write_and_wait() -> None:
            with atomic(using=idle.alias):
                fetch(idle, f"{INSERT} RETURNING number", [1])
                # The only session is in use: this waits until the server has ended it.
                seen.append(fetch(plain, SESSION))
                fetch(idle, "SELECT 1")

        with pytest.raises(DatabaseError) as ended:
            write_and_wait()
        idle.close()
        again = fetch(idle, NUMBERS)

    assert is_outage(ended.value)
    assert seen == [(UNTOUCHED,)]
    assert again is None


def test_the_statement_timeout_ends_only_the_statements_of_one_client(
    observer: extensions.connection,
) -> None:
    with (
        pgbouncer(database(), server_connections=1) as server,
        wrapper_of("impatient", server, STATEMENT_TIMEOUT=50) as impatient,
        closing(server.connect()) as plain,
        tenant_context(TENANTS[0]),
    ):
        with pytest.raises(DatabaseError, match="statement timeout") as ended:
            fetch(impatient, "SELECT pg_sleep(5)")
        assert is_outage(ended.value)
        fetch(plain, "SELECT pg_sleep(0.1)")
        assert fetch(plain, SESSION) == (UNTOUCHED,)


@contextmanager
def wrapper_of(alias: str, server: Server, **settings: int) -> Iterator[DatabaseWrapper]:
    with closing(open_wrapper(alias, ENGINE, server, **settings)) as wrapper:
        yield wrapper


def fetch(
    connection: DatabaseWrapper | extensions.connection, sql: str, parameters: Sequence[Any] = ()
) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()


@dataclass(slots=True)
class Client:
    """A client of one tenant, with a list of the numbers that it wrote."""

    schema: str
    wrapper: DatabaseWrapper
    first_number: int
    choose: Callable[[Sequence[Any]], Any]
    numbers: list[int] = field(default_factory=list)
    statements: int = 0
    reads: int = 0
    mismatches: int = 0
    denials: int = 0

    def read(self) -> None:
        with self.wrapper.cursor() as cursor:
            cursor.execute(ROWS)
            self._count(cursor.fetchone() == (self.schema, self.numbers))

    def iterate(self) -> None:
        with self.wrapper.chunked_cursor() as cursor:
            cursor.execute(NUMBERS)
            self._count([number for (number,) in cursor.fetchall()] == self.numbers)

    def write(self) -> None:
        self.numbers.append(self.first_number + len(self.numbers))
        with self.wrapper.cursor() as cursor:
            cursor.execute(INSERT, [self.numbers[-1]])
            self.statements += 1

    def read_and_write(self) -> None:
        with atomic(using=self.wrapper.alias):
            self.read()
            self.write()
            self.read()

    def write_and_roll_back(self) -> None:
        """Write in a savepoint, roll that back, and continue in the transaction."""
        before = list(self.numbers)
        with atomic(using=self.wrapper.alias):
            self.read()
            with suppress(ZeroDivisionError), atomic(using=self.wrapper.alias):
                self.write()
                1 / 0  # noqa: B018
            self.numbers = before
            self.iterate()

    def trespass(self) -> None:
        """Use an object of the other tenant by its name, in a savepoint of a transaction."""
        other, kind = TENANTS[self.schema == TENANTS[0]], self.choose(sorted(TRESPASSES))
        with atomic(using=self.wrapper.alias):
            self.read()
            try:
                with atomic(using=self.wrapper.alias), self.wrapper.cursor() as cursor:
                    TRESPASSES[kind](cursor, other)
            except (DatabaseError, psycopg2.DatabaseError) as error:
                self.denials += isinstance(error.__cause__ or error, errors.InsufficientPrivilege)
            else:
                self.mismatches += 1
            self.read()

    def _count(self, matches: bool) -> None:
        self.statements += 1
        self.reads += 1
        self.mismatches += not matches


ACTIONS: tuple[Callable[[Client], None], ...] = (
    Client.read,
    Client.iterate,
    Client.write,
    Client.read_and_write,
    Client.write_and_roll_back,
)


def share_one_session(
    engine: str, observer: extensions.connection, *, rounds: int
) -> tuple[list[Client], set[str]]:
    """Run two clients of Django and a plain connection at the same time.

    Returns:
        The two clients, and each state of the session that the plain connection saw.
    """
    empty_tables(observer)
    done = Event()
    with pgbouncer(database(), server_connections=1) as server, ThreadPoolExecutor(3) as threads:
        plain = threads.submit(watch, server, done)
        try:
            submitted = [threads.submit(play, engine, server, number, rounds) for number in (0, 1)]
            clients = [client.result() for client in submitted]
        finally:
            done.set()
        return clients, plain.result()


def play(engine: str, server: Server, number: int, rounds: int) -> Client:
    schema = TENANTS[number]
    wrapper = open_wrapper(f"client_{number}", engine, server, STATEMENT_TIMEOUT=30_000)
    choose = random.Random(number).choice
    client = Client(schema, wrapper, first_number=number * 1_000_000, choose=choose)
    actions = [*ACTIONS, Client.trespass] if are_used() else ACTIONS
    try:
        with tenant_context(schema):
            wrapper.set_schema(schema)  # type: ignore[attr-defined]
            for _ in range(rounds):
                choose(actions)(client)
    finally:
        wrapper.close()
    return client


def watch(server: Server, done: Event) -> set[str]:
    """Collect the settings of the session, without a tenant, until the clients are done."""
    seen: set[str] = set()
    with closing(server.connect()) as connection, connection.cursor() as cursor:
        while not done.is_set():
            cursor.execute(SESSION)
            seen.update(state for (state,) in cursor)
    return seen
