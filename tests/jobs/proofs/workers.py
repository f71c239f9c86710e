"""Workers as processes, and the database that they share."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

from dev.process import ROOT
from tests.commands import manage, production
from tests.isolation.servers import Server

PATIENCE = 60  # seconds for a worker to do something
SEED = "from tests.jobs.proofs import seed, tasks; "


def seed(server: Server, code: str) -> str:
    return manage(worker_environment(server), "shell", "--no-imports", "-c", SEED + code)


def worker_environment(server: Server) -> dict[str, str]:
    return production(server) | {"STATEMENT_TIMEOUT": "0"}  # Tasks wait for locks of the proof.


@dataclass(frozen=True, slots=True)
class Worker:
    """A running `manage.py run_jobs`; `process` is the parent of its processes."""

    process: subprocess.Popen[bytes]
    log: Path

    def children(self) -> list[int]:
        return children_of(self.process.pid)

    def end(self) -> None:
        """Kill it with all its processes."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def start_worker(server: Server, log: Path, *options: str, **environment: str) -> Worker:
    with log.open("a") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "run_jobs", *options],
            cwd=ROOT,
            env=worker_environment(server) | environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            process_group=0,
        )
    return Worker(process, log)


@contextmanager
def running_worker(
    server: Server, log: Path, *options: str, **environment: str
) -> Iterator[Worker]:
    worker = start_worker(server, log, *options, **environment)
    try:
        yield worker
    finally:
        worker.end()


def children_of(pid: int) -> list[int]:
    with suppress(FileNotFoundError):
        return [
            int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        ]
    return []


def is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def query(server: Server, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
    with closing(server.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []


def count(server: Server, status: str) -> int:
    """Return the number of jobs in a state; -1 while the database is away."""
    counting = "SELECT count(*) FROM public.tenantry_jobs_job WHERE status = %s"
    try:
        ((jobs,),) = query(server, counting, [status])
    except psycopg2.OperationalError:
        return -1
    return int(jobs)


def wait_until(
    condition: Callable[[], Any], log: Path | None = None, *, patience: float = PATIENCE
) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, log.read_text()[-5000:] if log else ""
        time.sleep(0.05)


@contextmanager
def locked(server: Server, lock: int) -> Iterator[Callable[[], None]]:
    """Have an advisory lock, for which tasks wait; yields a function that gives it back."""
    with closing(server.connect()) as holder, holder.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [lock])
        yield lambda: cursor.execute("SELECT pg_advisory_unlock(%s)", [lock])
