"""Counting what a client waits for: a proxy between it and PostgreSQL."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper


class RoundTrips:
    """How often the server said ReadyForQuery, which ends each round trip of the simple protocol.

    https://www.postgresql.org/docs/current/protocol-message-formats.html
    """

    def __init__(self) -> None:
        self.count = 0

    def watch(self, server: socket.socket, client: socket.socket) -> None:
        """Pass on what the server says, counting."""
        stream = server.makefile("rb")
        while header := stream.read(5):
            body = stream.read(int.from_bytes(header[1:]) - 4)
            # Counted before it is passed on: the client may look as soon as it has the answer.
            self.count += header[:1] == b"Z"
            client.sendall(header + body)


def trips_of(database: BaseDatabaseWrapper, action: Callable[[BaseDatabaseWrapper], object]) -> int:
    """Return how many round trips an action on a connection takes, once it is open."""
    with _watched(database) as trips:
        action(database)  # Opens the connection.
        before = trips.count
        action(database)
        return trips.count - before


@contextmanager
def _watched(database: BaseDatabaseWrapper) -> Iterator[RoundTrips]:
    """Lead a connection through the counting proxy."""
    given: dict[str, Any] = {**database.settings_dict}
    with _counting_proxy(given["HOST"], int(given["PORT"] or 5432)) as (port, trips):
        database.close()
        database.settings_dict |= {
            "HOST": "127.0.0.1",
            "PORT": port,
            # The proxy reads along, and does not understand the question whether to encrypt.
            "OPTIONS": {**given["OPTIONS"], "sslmode": "disable", "gssencmode": "disable"},
        }
        try:
            yield trips
        finally:
            database.close()
            database.settings_dict |= given


@contextmanager
def _counting_proxy(host: str, port: int) -> Iterator[tuple[int, RoundTrips]]:
    """Listen on a port of this machine and pass everything on to PostgreSQL, without TLS.

    Yields:
        The port to connect to, and the count.
    """
    trips = RoundTrips()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, (host, port), trips), daemon=True).start()
        yield listener.getsockname()[1], trips


def _accept(listener: socket.socket, address: tuple[str, int], trips: RoundTrips) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:  # The listener was closed: nobody counts any more.
            return
        server = socket.create_connection(address)
        threading.Thread(target=_copy, args=(client, server), daemon=True).start()
        threading.Thread(target=trips.watch, args=(server, client), daemon=True).start()


def _copy(source: socket.socket, target: socket.socket) -> None:
    while data := source.recv(65536):
        target.sendall(data)
    target.close()
