"""What the workers' memory holds, and what of it requests have left."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass
from http.client import HTTPConnection
from pathlib import Path

from tests.isolation.servers import PATIENCE, Server

from .service import Service, running_service, wait_until


@dataclass(frozen=True, slots=True)
class Memory:
    """What a process uses once Python has let go of what nobody can reach.

    Attributes:
        private: bytes that it shares with nobody, those that it keeps for later among them.
        objects: how many small blocks Python has handed out.
        malloc: bytes that malloc has: larger blocks of Python, and whatever C libraries hold.
    """

    private: int
    objects: int
    malloc: int

    def __sub__(self, other: "Memory") -> "Memory":
        return Memory(*(a - b for a, b in zip(astuple(self), astuple(other), strict=True)))


# Seen in a minute: 0.02 objects fewer and 5 bytes more a request. A leak is an object a request.
MOST_OBJECTS = 0.1  # a request
MOST_MALLOC = 20  # bytes a request
# Bytes a worker; Python takes memory by so many, and gives it back when all of them are free:
# https://docs.python.org/3/c-api/memory.html#the-pymalloc-allocator
MOST_PRIVATE = 2**20


@contextmanager
def measured_service(database: Server, log: Path, *, leak: int = 0) -> Iterator[Service]:
    """Run the service with a page that `memory_of` asks, and a leak of so many bytes a request."""
    application = "tests.faults.measured:application"
    with running_service(database, log, application, LEAK=str(leak)) as service:
        yield service


def memory_of(service: Service) -> dict[int, Memory]:
    """Return what each worker holds, by its process id."""
    found: dict[int, Memory] = {}

    def all_answered() -> bool:
        with closing(HTTPConnection("127.0.0.1", service.port, timeout=PATIENCE)) as connection:
            connection.request("GET", "/memory")
            answer = json.loads(connection.getresponse().read())
        found.setdefault(answer.pop("pid"), Memory(**answer))
        return found.keys() == service.workers()

    wait_until(all_answered)
    return found


def leaks(before: dict[int, Memory], after: dict[int, Memory], requests: int) -> list[str]:
    """Say what grew by more than noise explains, while so many requests were answered."""
    grown = [after[pid] - before[pid] for pid in after]
    private = max(each.private for each in grown)
    objects = sum(each.objects for each in grown) / requests
    malloc = sum(each.malloc for each in grown) / requests
    return [
        text
        for text, too_much in (
            (f"{private:,} bytes of a worker", private > MOST_PRIVATE),
            (f"{objects:.2f} objects a request", objects > MOST_OBJECTS),
            (f"{malloc:.1f} bytes of malloc a request", malloc > MOST_MALLOC),
        )
        if too_much
    ]
