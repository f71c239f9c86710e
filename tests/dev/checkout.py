"""A copy of `dev/` in a temporary folder, used through its commands."""

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

# Variables of the developer's shell or of this test run that would change the result.
UNSET = ("DATABASE_URL", "SECRET_KEY", "DEBUG", "ALLOWED_HOSTS", "HOST", "PORT", "PYTHON")


class Checkout:
    """`dev/` in a folder; each command gets only the variables that the test passes."""

    def __init__(self, folder: Path) -> None:
        shutil.copytree(ROOT / "dev", folder / "dev", ignore=shutil.ignore_patterns("__pycache__"))
        self.folder = folder
        self.cluster = folder / ".data" / "postgres"

    def popen(self, *command: str, **variables: str) -> subprocess.Popen[str]:
        return subprocess.Popen(command, **self._options(variables))

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, timeout=60, **self._options(variables))

    def popen_postgres(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        return self.popen(sys.executable, "-m", "dev.postgres", *arguments, **variables)

    def postgres(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-m", "dev.postgres", *arguments, **variables)

    def is_running(self) -> bool:
        return self.postgres("status").returncode == 0

    def _options(self, variables: dict[str, str]) -> dict[str, Any]:
        kept = {name: value for name, value in os.environ.items() if name not in UNSET}
        pipe = subprocess.PIPE
        streams = {"stdin": pipe, "stdout": pipe, "stderr": pipe}
        environment = {"cwd": self.folder, "env": kept | variables, "text": True}
        return environment | streams | {"preexec_fn": reset_hangups}


def reset_hangups() -> None:
    """Undo nohup: if the tests run under it, the command would ignore SIGHUP."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def read_until(process: subprocess.Popen[str], pattern: str) -> str:
    """Return the first line of the output with the pattern; fail at the end of the output."""
    assert process.stdout is not None
    for line in process.stdout:
        if re.search(pattern, line):
            return line.strip()
    raise AssertionError(f"no {pattern!r} in the output")


def eventually(condition: Callable[[], bool]) -> bool:
    """Return whether the condition is true within ten seconds."""
    deadline = time.monotonic() + 10
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
