"""The service as in production: granian with two workers, on a separate database."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from dev.process import ROOT, free_port
from tests.commands import manage, production
from tests.isolation.servers import Server
from tests.processes import PATIENCE

WORKERS = 2


@dataclass(frozen=True, slots=True)
class Shop:
    """An organization with its owner and items; `number` is the price of each item."""

    schema: str
    number: int
    owner: int
    items: list[int]
    token: str


@dataclass(frozen=True, slots=True)
class Service:
    """A running service; `process` is the parent of its workers."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def workers(self) -> set[int]:
        of = self.process.pid
        return {int(pid) for pid in Path(f"/proc/{of}/task/{of}/children").read_text().split()}

    def is_ready(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def wait_until_ready(self) -> None:
        wait_until(self.is_ready, lambda: self.log.read_text()[-5000:])


def wait_until(condition: Callable[[], Any], explain: Callable[[], str] = str) -> None:
    """Wait for a condition, at most PATIENCE seconds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, explain()
        time.sleep(0.02)


@contextmanager
def running_service(
    database: Server, log: Path, application: str = "config.wsgi:application", **environment: str
) -> Iterator[Service]:
    """Run the service on a migrated database, with the README's command."""
    port = free_port()
    command = (
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"),
        *("--port", str(port), "--workers", str(WORKERS), "--blocking-threads", "1", "--no-ws"),
        *("--respawn-failed-workers", "--respawn-interval", "0.5", application),
    )
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=_environment(database) | environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            process_group=0,
        )
    service = Service(port, process, log)
    try:
        service.wait_until_ready()
        yield service
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def make_shops(database: Server, count: int) -> list[Shop]:
    environment = _environment(database)
    manage(environment, "migrate", "--verbosity", "0")
    code = f"from tests.faults.seed import shops; shops({count})"
    lines = manage(environment, "shell", "--no-imports", "-c", code).splitlines()
    return [Shop(*json.loads(line)) for line in lines]


def _environment(database: Server) -> dict[str, str]:
    return production(database) | {"SECURE_SSL_REDIRECT": "false"}
