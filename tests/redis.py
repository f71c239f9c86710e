"""Debian's redis-server for tests, on a socket in a temporary folder."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

PATIENCE = 30  # seconds for a start and for a stop


@contextmanager
def redis_server() -> Iterator[str]:
    """Run an empty Redis without persistence, and yield its URL."""
    with tempfile.TemporaryDirectory(prefix="tenantry-") as name:
        socket, log = Path(name) / "redis", Path(name) / "log"
        options = ("--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", name)
        with (
            log.open("w") as output,
            subprocess.Popen(
                # Redis ends when pytest is killed.
                ["setpriv", "--pdeathsig", "TERM", "--", "redis-server", *options],
                stdout=output,
                stderr=output,
                start_new_session=True,
            ) as process,
        ):
            try:
                _wait_until_ready(process, socket, log)
                yield f"unix://{socket}"
            finally:
                process.terminate()
                process.wait(PATIENCE)


def _wait_until_ready(process: subprocess.Popen[bytes], socket: Path, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    with redis.Redis(unix_socket_path=str(socket)) as client:
        while True:
            try:
                client.ping()
            except redis.ConnectionError as error:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f"No server: {error}{log.read_text()}") from error
                time.sleep(0.05)
            else:
                return
