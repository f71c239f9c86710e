"""Processes that create organizations, and a connection that can kill them."""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from django.db import connection

from tests.tenantry.wire import Wire, tapped

When = Literal["before", "after"]


class DeadlyWire(Wire):
    """Kill the client before or after its n-th message, counting from 0, reaches the server."""

    victim = 0
    step: int | None = None
    when: When = "before"

    def sending(self, query: str) -> None:
        super().sending(query)
        if not self._is_due():
            return
        if self.when == "before":
            os.kill(self.victim, signal.SIGKILL)
            raise OSError("The client was killed before this message.")
        # A response to the last message would let the client end before it is killed.
        os.kill(self.victim, signal.SIGSTOP)

    def sent(self) -> None:
        if self.when == "after" and self._is_due():
            os.kill(self.victim, signal.SIGKILL)

    def _is_due(self) -> bool:
        return len(self.queries) - 1 == self.step


@contextmanager
def deadly_wire() -> Iterator[DeadlyWire]:
    """Send the connections of this block over a DeadlyWire."""
    settings = connection.settings_dict
    host, port = settings["HOST"], settings["PORT"]
    options = settings["OPTIONS"]
    with tapped(DeadlyWire(host, int(port))) as wire:
        settings.update(HOST="127.0.0.1", PORT=wire.port)
        settings["OPTIONS"] = {**options, "sslmode": "disable", "gssencmode": "disable"}
        try:
            yield wire
        finally:
            settings.update(HOST=host, PORT=port, OPTIONS=options)


def fork(work: Callable[[], object]) -> tuple[int, int]:
    """Run `work` in a child process; return its id and a pipe: a byte in it starts the work.

    The parent's connections must be closed, because the child must not use them. The child exits
    with 0, or with 1 when `work` raised an error.
    """
    assert connection.connection is None
    reading, writing = os.pipe()
    process_id = os.fork()
    if process_id == 0:
        status = 1
        try:
            os.read(reading, 1)
            work()
            status = 0
        except BaseException:  # noqa: BLE001 (printed; the exit status is 1)
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    os.close(reading)
    return process_id, writing


def run(*works: Callable[[], object], wire: DeadlyWire | None = None) -> list[int]:
    """Run each in its own process, in parallel; return the exit codes, -9 when killed."""
    connection.close()
    children = [fork(work) for work in works]
    for process_id, start in children:
        if wire:
            wire.queries.clear()
            wire.victim = process_id
        os.write(start, b"!")
        os.close(start)
    return [os.waitstatus_to_exitcode(os.waitpid(process_id, 0)[1]) for process_id, _ in children]
