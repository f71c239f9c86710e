"""The server of the browser tests, and its output."""

import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


class Server:
    """A running `dev.run`. It keeps the output, so that tests find errors in the log."""

    def __init__(
        self, url: str, process: "subprocess.Popen[str]", environment: dict[str, str]
    ) -> None:
        self.url = url
        self.process = process
        self.environment = environment
        self.lines: list[str] = []
        self.ready = threading.Event()
        self.log = threading.Thread(target=self._read, daemon=True)
        self.log.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if line.startswith("Tenantry is ready"):
                self.ready.set()

    def wait(self) -> None:
        """Wait until the server is ready."""
        assert self.ready.wait(timeout=120), "".join(self.lines)

    def run(self, code: str) -> None:
        """Run Python code in the server's database."""
        subprocess.run(
            [sys.executable, "manage.py", "shell", "--no-imports", "-c", code],
            cwd=ROOT,
            env=self.environment,
            check=True,
        )

    def errors(self) -> list[str]:
        """Return the log lines of errors."""
        return [line for line in self.lines if "Traceback" in line or "Internal Server" in line]
