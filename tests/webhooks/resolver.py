"""A resolver of the tests, in place of the system's."""

import socket
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any


class Resolver:
    """Resolves `names`; an address stays itself.

    Attributes:
        names: addresses by name, or a function that returns them at each question.
        asked: the names, in the order of the questions.
    """

    def __init__(self) -> None:
        self.names: dict[str, list[str] | Callable[[], list[str]]] = {}
        self.asked: list[str] = []

    def getaddrinfo(self, host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        try:
            found = [str(ip_address(name))]
        except ValueError:
            self.asked.append(name)
            known = self.names.get(name, [])
            found = known() if callable(known) else known
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                socket.IPPROTO_TCP,
                "",
                (address, port or 0, 0, 0) if ":" in address else (address, port or 0),
            )
            for address in found
        ]
