"""The memory of the workers, and how it grows with requests."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass
from http.client import HTTPConnection
from pathlib import Path

from tests.isolation.servers import Server
from tests.processes import PATIENCE

from .service import Service, running_service, wait_until


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory of a process after a garbage collection.

    Attributes:
        private: bytes of pages that no other process shares, free ones included.
        objects: number of Python's small blocks in use.
        malloc: bytes from malloc: large blocks of Python, and memory of C libraries.
    """

    private: int
    objects: int
    malloc: int

    def __sub__(self, other: "Memory") -> "Memory":
        return Memory(*(a - b for a, b in zip(astuple(self), astuple(other), strict=True)))


# Measured in a minute: 0.02 fewer objects and 5 more bytes per request. A leak is >= 1 object.
MAX_OBJECTS = 0.1  # per request
MAX_MALLOC = 20  # bytes per request
# Bytes per worker: Python allocates memory in arenas of this size and frees an empty arena:
# https://docs.python.org/3/c-api/memory.html#the-pymalloc-allocator
MAX_PRIVATE = 2**20


@contextmanager
def measured_service(database: Server, log: Path, *, leak: int = 0) -> Iterator[Service]:
    """Run the service with a page for `memory_of`, and with `leak` bytes leaked per request."""
    application = "tests.faults.measured:application"
    with running_service(database, log, application, LEAK=str(leak)) as service:
        yield service


def memory_of(service: Service) -> dict[int, Memory]:
    found: dict[int, Memory] = {}

    def all_measured() -> bool:
        with closing(HTTPConnection("127.0.0.1", service.port, timeout=PATIENCE)) as connection:
            connection.request("GET", "/memory")
            response = json.loads(connection.getresponse().read())
        found.setdefault(response.pop("pid"), Memory(**response))
        return found.keys() == service.workers()

    wait_until(all_measured)
    return found


def leaks(before: dict[int, Memory], after: dict[int, Memory], requests: int) -> list[str]:
    """Return what grew more than the limits during `requests` requests."""
    grown = [after[pid] - before[pid] for pid in after]
    private = max(each.private for each in grown)
    objects = sum(each.objects for each in grown) / requests
    malloc = sum(each.malloc for each in grown) / requests
    return [
        text
        for text, too_much in (
            (f"{private:,} bytes of a worker", private > MAX_PRIVATE),
            (f"{objects:.2f} objects per request", objects > MAX_OBJECTS),
            (f"{malloc:.1f} bytes of malloc per request", malloc > MAX_MALLOC),
        )
        if too_much
    ]
