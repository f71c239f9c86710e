"""A proxy between psycopg2 and PostgreSQL that records each message."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, TypeVar

QUERY = b"Q"

W = TypeVar("W", bound="Wire")


class Wire:
    """Forwards connections to a server and records the text of each simple-query message.

    The protocol: https://www.postgresql.org/docs/current/protocol-message-formats.html
    """

    def __init__(self, host: str, port: int) -> None:
        self.target = (host, port)
        self.queries: list[str] = []
        self.startups: list[dict[str, str]] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]

    def accept(self) -> None:
        with suppress(OSError):  # Until the listener is closed.
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(self.target)
                for direction in (self._forward, self._backward):
                    threading.Thread(target=direction, args=(client, server), daemon=True).start()

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        with server, client.makefile("rb") as stream:
            with suppress(OSError, struct.error):
                self._forward_messages(stream, server)
            # close() sends nothing while the other thread waits in recv().
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)

    def _forward_messages(self, stream: BinaryIO, server: socket.socket) -> None:
        startup = _body(stream)
        names_and_values = startup[4:].decode().split("\0")
        self.startups.append(dict(zip(names_and_values[::2], names_and_values[1::2], strict=False)))
        server.sendall(struct.pack("!i", len(startup) + 4) + startup)
        while kind := stream.read(1):
            body = _body(stream)
            if kind == QUERY:
                self.sending(body[:-1].decode())
            server.sendall(kind + struct.pack("!i", len(body) + 4) + body)
            if kind == QUERY:
                self.sent()

    def sending(self, query: str) -> None:
        """Hook before a message is sent to the server."""
        self.queries.append(query)

    def sent(self) -> None:
        """Hook after a message was sent."""

    def _backward(self, client: socket.socket, server: socket.socket) -> None:
        with client, suppress(OSError):
            while data := server.recv(65536):
                client.sendall(data)


def _body(stream: BinaryIO) -> bytes:
    (length,) = struct.unpack("!i", stream.read(4))
    return stream.read(length - 4)


@contextmanager
def tapped(wire: W) -> Iterator[W]:
    """Run the proxy. Clients connect to `Wire.port`."""
    with wire.listener:
        threading.Thread(target=wire.accept, daemon=True).start()
        yield wire
        # Without shutdown(), close() would not end a waiting accept().
        with suppress(OSError):
            wire.listener.shutdown(socket.SHUT_RDWR)
