"""A crowd at the real middleware, with exceptions at random: each answer is the caller's own."""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from random import Random
from threading import Thread

import pytest
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.db import connections
from psycopg2 import extensions
from pytest_django import DjangoDbBlocker, Settings

from . import crowd
from .crowd import Caller
from .crowd_clients import OVER_ASGI, OVER_HTTP, PATIENCE, Client
from .servers import pgbouncer
from .tenants import database

pytestmark = [pytest.mark.proof, pytest.mark.django_db]

THREADS, REQUESTS_OF_A_THREAD = 8, 100
TASKS, REQUESTS_OF_A_TASK = 200, 5


@pytest.fixture(scope="module")
def callers(
    observer: extensions.connection, django_db_blocker: DjangoDbBlocker
) -> Iterator[list[Caller]]:
    with django_db_blocker.unblock(), crowd.committed_organizations(observer) as callers:
        yield callers


@pytest.fixture(autouse=True)
def service(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """The service with URLs that fail, which it need not log."""
    settings.ROOT_URLCONF = "tests.isolation.crowd_urls"
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    # On a slow machine a crowd has slow requests, which count as many.
    settings.THROTTLES = dict.fromkeys(settings.THROTTLES, 0)
    for name in ("django.request", "django.server"):
        caplog.set_level(logging.CRITICAL, name)


def test_threads_of_a_server_answer_each_organization_with_its_own(callers: list[Caller]) -> None:
    before = _counts()
    clients = [Client(callers, OVER_HTTP, Random(number)) for number in range(THREADS)]

    with _threaded_server() as port, ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(lambda client: _ask_on(port, client), clients))

    _check(clients, THREADS * REQUESTS_OF_A_THREAD, before)


def test_tasks_of_asyncio_get_each_organization_its_own(
    callers: list[Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _counts()
    clients = [Client(callers, OVER_ASGI, Random(number)) for number in range(TASKS)]

    with pgbouncer(database(), server_connections=20) as server:
        # Each request has a thread of its own, and with it a connection.
        entry = {
            name: getattr(server, name) for name in ("HOST", "PORT", "USER", "PASSWORD", "NAME")
        }
        for name, value in {**entry, "CONN_MAX_AGE": 0}.items():
            monkeypatch.setitem(connections.settings["default"], name, value)
        asyncio.run(_ask_all(clients))
        monkeypatch.undo()

    _check(clients, TASKS * REQUESTS_OF_A_TASK, before)


async def _ask_all(clients: list[Client]) -> None:
    application = ASGIHandler()

    async def ask(client: Client) -> None:
        for _ in range(REQUESTS_OF_A_TASK):
            await client.ask_over_asgi(application)

    await asyncio.gather(*map(ask, clients))


@contextmanager
def _threaded_server() -> Iterator[int]:
    with ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler) as server:
        server.daemon_threads = False  # So that closing waits for them.
        server.set_app(WSGIHandler())
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def _ask_on(port: int, client: Client) -> None:
    """Ask on one connection, which one thread of the server serves while it is kept alive."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        for _ in range(REQUESTS_OF_A_THREAD):
            client.ask_over_http(connection)


def _counts() -> Counter[str]:
    return Counter({schema: len(crowd.descriptions(schema)) for schema in crowd.SCHEMAS})


def _check(clients: list[Client], requests: int, before: Counter[str]) -> None:
    assert [wrong for client in clients for wrong in client.wrong] == []
    answered = sum((client.answered for client in clients), Counter())
    assert answered.total() == requests
    assert set(answered) == set(clients[0].questions)
    created = sum((client.created for client in clients), Counter())
    assert _counts() == before + created
    for schema in crowd.SCHEMAS:
        assert set(crowd.descriptions(schema)) == {f"{schema} item"}
