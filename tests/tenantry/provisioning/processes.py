"""Processes that create organizations, killed at will by the wire that they talk over."""

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
    """Kills the client before or after the server gets the client's n-th message, counting from 0.

    Nothing but the kernel has a say in SIGKILL.
    """

    victim = 0
    step: int | None = None
    when: When = "before"

    def sending(self, query: str) -> None:
        super().sending(query)
        if self.when == "before" and self._is_due():
            os.kill(self.victim, signal.SIGKILL)
            raise OSError("The message dies with its sender.")

    def sent(self) -> None:
        if self.when == "after" and self._is_due():
            os.kill(self.victim, signal.SIGKILL)

    def _is_due(self) -> bool:
        return len(self.queries) - 1 == self.step


@contextmanager
def deadly_wire() -> Iterator[DeadlyWire]:
    """Lead the connections of the block over such a wire."""
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
    """Run `work` in a child process; return its id and where to write a byte that starts it.

    Connections must be closed: those of the parent are not the child's to use. The child exits
    with 0, or with 1 when `work` raised.
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
        except BaseException:  # noqa: BLE001 (told, and the exit status says it)
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    os.close(reading)
    return process_id, writing


def run(*works: Callable[[], object], wire: DeadlyWire | None = None) -> list[int]:
    """Run each in a process of its own, all at once; return how they ended, -9 when killed."""
    connection.close()
    children = [fork(work) for work in works]
    for process_id, start in children:
        if wire:
            wire.queries.clear()
            wire.victim = process_id
        os.write(start, b"!")
        os.close(start)
    return [os.waitstatus_to_exitcode(os.waitpid(process_id, 0)[1]) for process_id, _ in children]
