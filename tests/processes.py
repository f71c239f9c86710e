"""Waits for servers that tests start as processes."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

PATIENCE = 30  # seconds for a start and for a stop


def wait_until_ready(
    process: subprocess.Popen[bytes],
    connect: Callable[[], object],
    not_ready: type[Exception],
    log: Path,
) -> None:
    """Repeat `connect` while it raises `not_ready`.

    Raises:
        AssertionError: the process has ended or is too slow; the message contains its log.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connect()
        except not_ready as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"No server: {error}{log.read_text()}") from error
            time.sleep(0.05)
        else:
            return
