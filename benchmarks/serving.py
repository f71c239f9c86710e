"""Runs services as processes during a block."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from dev.process import free_port

from .peers import Service

ROOT = Path(__file__).parent.parent
PATIENCE = 60  # seconds for a service to start, and to end


@contextmanager
def running(services: Sequence[Service], database_url: str) -> Iterator[Mapping[Service, int]]:
    """Run all services on local ports.

    Yields:
        The port of each service.

    Raises:
        RuntimeError: a service does not start; the message contains its output.
    """
    with ExitStack() as stack:
        yield {
            service: stack.enter_context(_running(service, database_url)) for service in services
        }


@contextmanager
def _running(service: Service, database_url: str) -> Iterator[int]:
    port = free_port()
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [part.format(port=port) for part in service.command],
            cwd=ROOT,
            env=service.environment(database_url),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            process_group=0,  # So that its workers can be killed with it.
        )
        try:
            if not _responds(process, port):
                log.seek(0)
                raise RuntimeError(f"{service.name} does not start: {log.read()}")
            yield port
        finally:
            _end(process)


def _responds(process: "subprocess.Popen[bytes]", port: int) -> bool:
    """Wait for a response: a server that listens can have workers that fail."""
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError, HTTPException):
            client = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            client.request("GET", "/")
            client.getresponse()
            client.close()
            return True
        time.sleep(0.1)
    return False


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(PATIENCE)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
