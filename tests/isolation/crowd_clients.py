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
from urllib.parse import urlencode

from django.core.handlers.asgi import ASGIHandler

from .crowd import Caller
from .crowd_urls import TRESPASSES, Thrown

PATIENCE = 120  # seconds for a response, of a machine that also runs other tests


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A method and path, and the status that the response must have.

    In the path, `{other}` is the schema of another organization.
    """

    method: str
    path: str
    status: int
    is_denied: bool = False
    """Whether PostgreSQL must deny each of its statements."""


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
_INJECTED = "' UNION SELECT description FROM {other}.tenantry_items_item --"
DENIED = (
    *(
        Endpoint("GET", f"/api/crowd/trespass/{kind}/?other={{other}}", 403, is_denied=True)
        for kind in TRESPASSES
    ),
    Endpoint(
        "GET", f"/api/injectable/?{urlencode({'sku': _INJECTED}, safe='{}')}", 400, is_denied=True
    ),
)
_DENIAL = re.compile(r'({"error": ")?permission denied for ')
_NAME = re.compile(r"crowd_\d\d")
_skus = count(1000)


@dataclass(frozen=True, slots=True)
class Request:
    """A request of a caller.

    Attributes:
        other: the schema of another organization.
    """

    caller: Caller
    other: str
    endpoint: Endpoint
    body: bytes

    @property
    def path(self) -> str:
        return self.endpoint.path.format(other=self.other)


@dataclass(slots=True)
class Client:
    """Sends requests for random organizations.

    Attributes:
        responses: how many each endpoint gave.
        created: how many items were created in each organization.
        errors: responses with a wrong status, with another organization's name, without the
            caller's, or without a denial.
    """

    callers: list[Caller]
    endpoints: tuple[Endpoint, ...]
    random: Random
    responses: Counter[Endpoint] = field(default_factory=Counter)
    created: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)

    def send_over_http(self, connection: HTTPConnection) -> None:
        request = self._choose()
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Token {request.caller.token}",
        }
        connection.request(request.endpoint.method, request.path, request.body, headers)
        response = connection.getresponse()
        self._check(request, response.status, response.read())

    async def send_over_asgi(self, application: ASGIHandler) -> None:
        request = self._choose()
        async with asyncio.timeout(PATIENCE):
            self._check(request, *await _call(application, request))

    def _choose(self) -> Request:
        caller, other = self.random.sample(self.callers, 2)
        endpoint = self.random.choice(self.endpoints)
        item = {"sku": next(_skus), "description": f"{caller.schema} item", "price": "1.00"}
        body = json.dumps(item).encode() if endpoint is CREATE else b""
        return Request(caller, other.schema, endpoint, body)

    def _check(self, request: Request, status: int, body: bytes) -> None:
        caller, endpoint, text = request.caller, request.endpoint, body.decode()
        self.responses[endpoint] += 1
        self.created[caller.schema] += endpoint is CREATE
        names = set(_NAME.findall(text))
        if endpoint.is_denied:
            # PostgreSQL's message names the schema that it denies.
            right = names <= {request.other} and all(map(_DENIAL.match, text.splitlines()))
        else:
            right = names == ({caller.schema} if endpoint.status < 400 else set())
        if status != endpoint.status or not right:
            self.errors.append(f"{caller.schema} got {status} and {names} for {endpoint}")


async def _call(application: ASGIHandler, request: Request) -> tuple[int, bytes]:
    """Act as the ASGI server of one request.

    https://asgi.readthedocs.io/en/latest/specs/www.html
    """
    path, _, query = request.path.partition("?")
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "method": request.endpoint.method,
        "path": path,
        "query_string": query.encode(),
        "headers": [
            (b"host", b"127.0.0.1"),
            (b"authorization", f"Token {request.caller.token}".encode()),
            (b"content-type", b"application/json"),
            (b"content-length", str(len(request.body)).encode()),
        ],
    }
    incoming = [{"type": "http.request", "body": request.body}]
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
