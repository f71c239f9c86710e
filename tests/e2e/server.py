"""The server that the browser talks to, and what it prints."""

import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


class Server:
    """A running `dev.run`; keeps what it prints, so that a page's errors in the log are seen."""

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
        """Wait until the server says that it is ready."""
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
        """Return the lines of the log that tell of an error."""
        return [line for line in self.lines if "Traceback" in line or "Internal Server" in line]
