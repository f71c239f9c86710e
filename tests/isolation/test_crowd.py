"""Many clients, exceptions and trespasses: each response has the data of its organization only."""

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
from .crowd_clients import DENIED, OVER_ASGI, OVER_HTTP, PATIENCE, Client, Endpoint
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
    """Add the failing URLs, and do not log their errors."""
    settings.ROOT_URLCONF = "tests.isolation.crowd_urls"
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    # A slow request counts as many; on a slow machine these would be throttled.
    settings.THROTTLES = dict.fromkeys(settings.THROTTLES, 0)
    for name in ("django.request", "django.server"):
        caplog.set_level(logging.CRITICAL, name)


@pytest.fixture(params=[True, False], ids=["roles", "no roles"])
def denied(request: pytest.FixtureRequest, settings: Settings) -> tuple[Endpoint, ...]:
    """The requests that use another organization, which only roles deny."""
    settings.TENANT_ROLES = request.param
    return DENIED if request.param else ()


def test_a_threaded_server_responds_with_data_of_the_callers_organization(
    callers: list[Caller], denied: tuple[Endpoint, ...]
) -> None:
    before = _counts()
    endpoints = (*OVER_HTTP, *denied)
    clients = [Client(callers, endpoints, Random(number)) for number in range(THREADS)]

    with _threaded_server() as port, ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(lambda client: _send_on(port, client), clients))

    _check(clients, THREADS * REQUESTS_OF_A_THREAD, before)


def test_asyncio_tasks_respond_with_data_of_the_callers_organization(
    callers: list[Caller], denied: tuple[Endpoint, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _counts()
    endpoints = (*OVER_ASGI, *denied)
    clients = [Client(callers, endpoints, Random(number)) for number in range(TASKS)]

    with pgbouncer(database(), server_connections=20) as server:
        # Each request runs in a new thread, which opens its own connection.
        entry = {
            name: getattr(server, name) for name in ("HOST", "PORT", "USER", "PASSWORD", "NAME")
        }
        default = connections.settings["default"]
        # 200 connections take longer than the service waits for one, on a machine with other work.
        options = default["OPTIONS"] | {"connect_timeout": PATIENCE}
        for name, value in {**entry, "CONN_MAX_AGE": 0, "OPTIONS": options}.items():
            monkeypatch.setitem(default, name, value)
        asyncio.run(_send_all(clients))
        monkeypatch.undo()

    _check(clients, TASKS * REQUESTS_OF_A_TASK, before)


async def _send_all(clients: list[Client]) -> None:
    application = ASGIHandler()

    async def send(client: Client) -> None:
        for _ in range(REQUESTS_OF_A_TASK):
            await client.send_over_asgi(application)

    await asyncio.gather(*map(send, clients))


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


def _send_on(port: int, client: Client) -> None:
    """Send on one kept-alive connection, which one thread of the server handles."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        for _ in range(REQUESTS_OF_A_THREAD):
            client.send_over_http(connection)


def _counts() -> Counter[str]:
    return Counter({schema: len(crowd.descriptions(schema)) for schema in crowd.SCHEMAS})


def _check(clients: list[Client], requests: int, before: Counter[str]) -> None:
    assert [error for client in clients for error in client.errors] == []
    responses = sum((client.responses for client in clients), Counter())
    assert responses.total() == requests
    assert set(responses) == set(clients[0].endpoints)
    created = sum((client.created for client in clients), Counter())
    assert _counts() == before + created
    for schema in crowd.SCHEMAS:
        assert set(crowd.descriptions(schema)) == {f"{schema} item"}
