"""A copy of the launcher in a folder of its own, used as a developer does: by its commands."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

# What a developer's shell may hold and what running these very tests adds.
UNSET = ("DATABASE_URL", "SECRET_KEY", "DEBUG", "ALLOWED_HOSTS", "HOST", "PORT", "PYTHON")


class Checkout:
    """`dev/` in a folder; every command gets only the variables given to it by name."""

    def __init__(self, folder: Path) -> None:
        shutil.copytree(ROOT / "dev", folder / "dev", ignore=shutil.ignore_patterns("__pycache__"))
        self.folder = folder
        self.cluster = folder / ".data" / "postgres"

    def popen(self, *command: str, **variables: str) -> subprocess.Popen[str]:
        """Start a command with pipes."""
        return subprocess.Popen(command, **self._options(variables))

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, a minute at most."""
        return subprocess.run(command, timeout=60, **self._options(variables))

    def popen_postgres(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """Start `python -m dev.postgres`."""
        return self.popen(sys.executable, "-m", "dev.postgres", *arguments, **variables)

    def postgres(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run `python -m dev.postgres`."""
        return self.run(sys.executable, "-m", "dev.postgres", *arguments, **variables)

    def is_running(self) -> bool:
        """Whether this checkout's PostgreSQL runs, as the launcher sees it."""
        return self.postgres("status").returncode == 0

    def _options(self, variables: dict[str, str]) -> dict[str, Any]:
        kept = {name: value for name, value in os.environ.items() if name not in UNSET}
        pipe = subprocess.PIPE
        streams = {"stdin": pipe, "stdout": pipe, "stderr": pipe}
        environment = {"cwd": self.folder, "env": kept | variables, "text": True}
        return environment | streams | {"preexec_fn": hear_hangups}


def hear_hangups() -> None:
    """Undo nohup, under which the tests may run: what it started would ignore SIGHUP for good."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def read_until(process: subprocess.Popen[str], pattern: str) -> str:
    """The first line of a process's output that has the pattern; fails when the output ends."""
    assert process.stdout is not None
    for line in process.stdout:
        if re.search(pattern, line):
            return line.strip()
    raise AssertionError(f"no {pattern!r} in the output")


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether a condition comes true within ten seconds."""
    deadline = time.monotonic() + 10
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
