"""Load over HTTP with wrk: https://github.com/wg/wrk."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

CONNECTIONS = 8
_SCRIPT = Path(__file__).parent / "load.lua"


@dataclass(frozen=True, slots=True)
class Load:
    """The result of a run of wrk.

    Attributes:
        rate: responses per second.
        p50: median latency in milliseconds.
        p99: 99th percentile of the latency in milliseconds.
    """

    rate: float
    p50: float
    p99: float


def require_wrk() -> None:
    if shutil.which("wrk") is None:
        sys.exit("The benchmark `speed` needs wrk: apt install wrk, or run `make bench` as root.")


def load(port: int, requests: Sequence[str], seconds: int, connections: int = CONNECTIONS) -> Load:
    """Send random requests over persistent connections.

    Raises:
        RuntimeError: a response failed.
    """
    with NamedTemporaryFile("w") as file:
        file.write("".join(f"{request}\0" for request in requests))
        file.flush()
        done = subprocess.run(
            [
                *("wrk", "--threads", "1", "--connections", str(connections)),
                *("--duration", f"{seconds}s", "--timeout", "10s", "--script", str(_SCRIPT)),
                *(f"http://127.0.0.1:{port}/", "--", file.name),
            ],
            capture_output=True,
            text=True,
            check=True,
        )
    seen = json.loads(done.stdout.splitlines()[-1])
    if seen["failed"]:
        raise RuntimeError(f"{seen['failed']} of {seen['requests']} responses failed.")
    return Load(
        rate=seen["requests"] / seen["microseconds"] * 1e6,
        p50=seen["p50"] / 1000,
        p99=seen["p99"] / 1000,
    )
