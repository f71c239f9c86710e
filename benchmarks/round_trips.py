"""Counts round trips with a proxy between a client and PostgreSQL."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper


class RoundTrips:
    """Counts the server's ReadyForQuery, which ends each round trip of the simple protocol.

    https://www.postgresql.org/docs/current/protocol-message-formats.html
    """

    def __init__(self) -> None:
        self.count = 0

    def watch(self, server: socket.socket, client: socket.socket) -> None:
        stream = server.makefile("rb")
        while header := stream.read(5):
            body = stream.read(int.from_bytes(header[1:]) - 4)
            # Count before forwarding: the client can read the count as soon as it has the response.
            self.count += header[:1] == b"Z"
            client.sendall(header + body)


def trips_of(database: BaseDatabaseWrapper, action: Callable[[BaseDatabaseWrapper], object]) -> int:
    """Return the number of round trips of an action on an open connection."""
    with _watched(database) as trips:
        action(database)  # Opens the connection.
        before = trips.count
        action(database)
        return trips.count - before


@contextmanager
def _watched(database: BaseDatabaseWrapper) -> Iterator[RoundTrips]:
    given: dict[str, Any] = {**database.settings_dict}
    with _counting_proxy(given["HOST"], int(given["PORT"] or 5432)) as (port, trips):
        database.close()
        database.settings_dict |= {
            "HOST": "127.0.0.1",
            "PORT": port,
            # The proxy does not understand requests for encryption.
            "OPTIONS": {**given["OPTIONS"], "sslmode": "disable", "gssencmode": "disable"},
        }
        try:
            yield trips
        finally:
            database.close()
            database.settings_dict |= given


@contextmanager
def _counting_proxy(host: str, port: int) -> Iterator[tuple[int, RoundTrips]]:
    """Listen on a local port and forward to PostgreSQL, without TLS.

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
        except OSError:  # The listener was closed.
            return
        server = socket.create_connection(address)
        threading.Thread(target=_copy, args=(client, server), daemon=True).start()
        threading.Thread(target=trips.watch, args=(server, client), daemon=True).start()


def _copy(source: socket.socket, target: socket.socket) -> None:
    while data := source.recv(65536):
        target.sendall(data)
    target.close()
