"""Debian's redis-server for tests, on a socket in a temporary folder."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from tests.processes import PATIENCE, wait_until_ready


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
                with redis.Redis(unix_socket_path=str(socket)) as client:
                    wait_until_ready(process, client.ping, redis.ConnectionError, log)
                yield f"unix://{socket}"
            finally:
                process.terminate()
                process.wait(PATIENCE)
