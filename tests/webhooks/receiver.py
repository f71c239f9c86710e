"""A server of the tests that receives webhooks."""

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

Respond = Callable[["Handler"], None]


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        return json.loads(self.body)["data"]

    def verified(self, secret: str) -> Any:
        """Return the message; raise WebhookVerificationError if its signature is wrong."""
        return Webhook(secret).verify(self.body, self.headers)

    def is_signed_with(self, secret: str) -> bool:
        try:
            self.verified(secret)
        except WebhookVerificationError:
            return False
        return True


class Handler(BaseHTTPRequestHandler):
    server: "Server"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.received.append(Received(self.path, headers, body))
        self.server.respond(self)

    def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Write nothing."""


class Server(ThreadingHTTPServer):
    """Stores what it receives, and responds with `respond`: 204 by default."""

    daemon_threads = True

    def __init__(self, host: str) -> None:
        super().__init__((host, 0), Handler)
        self.host = host
        self.received: list[Received] = []
        self.names: list[str | None] = []
        """The names that clients asked for in TLS."""
        self.respond: Respond = lambda handler: handler.reply(204)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.server_port}/hooks"

    def respond_with(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.respond = lambda handler: handler.reply(status, body, **headers)

    def is_silent_until(self, released: Event) -> None:
        def wait(handler: Handler) -> None:
            released.wait(timeout=30)

        self.respond = wait

    def messages(self) -> list[Any]:
        """Return what was received, as (event, id of the object)."""
        messages = [json.loads(each.body) for each in self.received]
        return [(message["type"], message["data"]["id"]) for message in messages]

    def texts(self, pk: int) -> list[str]:
        """Return the texts of what was received about an object."""
        return [each.data["text"] for each in self.received if each.data["id"] == pk]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a client that has gone."""


@contextmanager
def serving(host: str = "127.0.0.1", *, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server(host)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
