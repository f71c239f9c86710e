"""Clients that send random requests over HTTP and ASGI, and check each response."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from itertools import count
from random import Random
from typing import Any

from django.core.handlers.asgi import ASGIHandler

from .crowd import Caller
from .crowd_urls import Thrown

PATIENCE = 30  # seconds for a response


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A method and path, and the status that the response must have."""

    method: str
    path: str
    status: int


CREATE = Endpoint("POST", "/api/items/", 201)
BOTH = (
    CREATE,
    Endpoint("GET", "/api/items/?page_size=200", 200),
    Endpoint("GET", "/api/crowd/gather/", 200),
    Endpoint("GET", "/api/crowd/fail/and-recover/", 200),
    Endpoint("GET", "/api/crowd/fail/at-once/", 500),
    Endpoint("GET", "/api/crowd/fail/in-atomic/", 500),
    Endpoint("GET", "/api/crowd/fail/in-sql/", 500),
    Endpoint("GET", "/api/items/999999/", 404),
)
OVER_HTTP = (
    *BOTH,
    Endpoint("GET", "/api/crowd/stream/whole/", 200),
    Endpoint("GET", "/api/crowd/stream/broken/", 200),
)
OVER_ASGI = (
    *BOTH,
    Endpoint("GET", "/api/crowd/stream-async/whole/", 200),
    Endpoint("GET", "/api/crowd/stream-async/broken/", 200),
)
_NAME = re.compile(r"crowd_\d\d")
_skus = count(1000)


@dataclass(slots=True)
class Client:
    """Sends requests for random organizations.

    Attributes:
        responses: how many each endpoint gave.
        created: how many items were created in each organization.
        errors: responses with a wrong status, with another organization's name, or without the
            caller's.
    """

    callers: list[Caller]
    endpoints: tuple[Endpoint, ...]
    random: Random
    responses: Counter[Endpoint] = field(default_factory=Counter)
    created: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)

    def send_over_http(self, connection: HTTPConnection) -> None:
        caller, endpoint, body = self._choose()
        headers = {"Content-Type": "application/json", "Authorization": f"Token {caller.token}"}
        connection.request(endpoint.method, endpoint.path, body, headers)
        response = connection.getresponse()
        self._check(caller, endpoint, response.status, response.read())

    async def send_over_asgi(self, application: ASGIHandler) -> None:
        caller, endpoint, body = self._choose()
        async with asyncio.timeout(PATIENCE):
            self._check(caller, endpoint, *await _call(application, caller, endpoint, body))

    def _choose(self) -> tuple[Caller, Endpoint, bytes]:
        caller, endpoint = self.random.choice(self.callers), self.random.choice(self.endpoints)
        item = {"sku": next(_skus), "description": f"{caller.schema} item", "price": "1.00"}
        return caller, endpoint, json.dumps(item).encode() if endpoint is CREATE else b""

    def _check(self, caller: Caller, endpoint: Endpoint, status: int, body: bytes) -> None:
        self.responses[endpoint] += 1
        self.created[caller.schema] += endpoint is CREATE
        names = set(_NAME.findall(body.decode()))
        own = {caller.schema} if endpoint.status < 400 else set()
        if (status, names) != (endpoint.status, own):
            self.errors.append(f"{caller.schema} got {status} and {names} for {endpoint}")


async def _call(
    application: ASGIHandler, caller: Caller, endpoint: Endpoint, body: bytes
) -> tuple[int, bytes]:
    """Act as the ASGI server of one request.

    https://asgi.readthedocs.io/en/latest/specs/www.html
    """
    path, _, query = endpoint.path.partition("?")
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "method": endpoint.method,
        "path": path,
        "query_string": query.encode(),
        "headers": [
            (b"host", b"127.0.0.1"),
            (b"authorization", f"Token {caller.token}".encode()),
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ],
    }
    incoming = [{"type": "http.request", "body": body}]
    status, content = 0, b""

    async def receive() -> dict[str, Any]:
        # After the request, the client only waits.
        return incoming.pop() if incoming else await asyncio.get_running_loop().create_future()

    async def send(message: Mapping[str, Any]) -> None:
        nonlocal status, content
        status = message.get("status", status)
        content += message.get("body", b"")

    # An exception in the middle of a response reaches the server, which would log it.
    with suppress(Thrown):
        await application(scope, receive, send)
    return status, content
