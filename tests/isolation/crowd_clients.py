"""What clients ask the service at random, over HTTP and over ASGI, and what they may be told."""

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

PATIENCE = 30  # seconds for an answer


@dataclass(frozen=True, slots=True)
class Question:
    """A request, and the status it must be answered with."""

    method: str
    path: str
    status: int


CREATE = Question("POST", "/api/items/", 201)
BOTH = (
    CREATE,
    Question("GET", "/api/items/?page_size=200", 200),
    Question("GET", "/api/crowd/gather/", 200),
    Question("GET", "/api/crowd/fail/and-recover/", 200),
    Question("GET", "/api/crowd/fail/at-once/", 500),
    Question("GET", "/api/crowd/fail/in-atomic/", 500),
    Question("GET", "/api/crowd/fail/in-sql/", 500),
    Question("GET", "/api/items/999999/", 404),
)
OVER_HTTP = (
    *BOTH,
    Question("GET", "/api/crowd/stream/whole/", 200),
    Question("GET", "/api/crowd/stream/broken/", 200),
)
OVER_ASGI = (
    *BOTH,
    Question("GET", "/api/crowd/stream-async/whole/", 200),
    Question("GET", "/api/crowd/stream-async/broken/", 200),
)
_NAME = re.compile(r"crowd_\d\d")
_skus = count(1000)


@dataclass(slots=True)
class Client:
    """Asks for one organization after the other, at random.

    Attributes:
        answered: how often each question was answered.
        created: how many items each organization was given.
        wrong: answers with another organization's name, without the own, or of a wrong status.
    """

    callers: list[Caller]
    questions: tuple[Question, ...]
    random: Random
    answered: Counter[Question] = field(default_factory=Counter)
    created: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def ask_over_http(self, connection: HTTPConnection) -> None:
        caller, question, body = self._choose()
        headers = {"Content-Type": "application/json", "Authorization": f"Token {caller.token}"}
        connection.request(question.method, question.path, body, headers)
        response = connection.getresponse()
        self._note(caller, question, response.status, response.read())

    async def ask_over_asgi(self, application: ASGIHandler) -> None:
        caller, question, body = self._choose()
        async with asyncio.timeout(PATIENCE):
            self._note(caller, question, *await _call(application, caller, question, body))

    def _choose(self) -> tuple[Caller, Question, bytes]:
        caller, question = self.random.choice(self.callers), self.random.choice(self.questions)
        item = {"sku": next(_skus), "description": f"{caller.schema} item", "price": "1.00"}
        return caller, question, json.dumps(item).encode() if question is CREATE else b""

    def _note(self, caller: Caller, question: Question, status: int, body: bytes) -> None:
        self.answered[question] += 1
        self.created[caller.schema] += question is CREATE
        names = set(_NAME.findall(body.decode()))
        own = {caller.schema} if question.status < 400 else set()
        if (status, names) != (question.status, own):
            self.wrong.append(f"{caller.schema} got {status} and {names} for {question}")


async def _call(
    application: ASGIHandler, caller: Caller, question: Question, body: bytes
) -> tuple[int, bytes]:
    """Be the server of an ASGI application for one request.

    https://asgi.readthedocs.io/en/latest/specs/www.html
    """
    path, _, query = question.path.partition("?")
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "method": question.method,
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
    status, answer = 0, b""

    async def receive() -> dict[str, Any]:
        # After the request, the client only waits.
        return incoming.pop() if incoming else await asyncio.get_running_loop().create_future()

    async def send(message: Mapping[str, Any]) -> None:
        nonlocal status, answer
        status = message.get("status", status)
        answer += message.get("body", b"")

    # Thrown while the answer was on its way, it is the server's to log.
    with suppress(Thrown):
        await application(scope, receive, send)
    return status, answer
