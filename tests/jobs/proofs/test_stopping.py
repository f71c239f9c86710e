"""How a worker ends: by a signal, by a second one, and when its parent is killed."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.isolation.servers import Program, Server

from .workers import (
    Worker,
    count,
    is_running,
    locked,
    query,
    running_worker,
    seed,
    wait_until,
)

pytestmark = pytest.mark.proof

SHORT, LONG = 1, 2  # locks
STATES = """
    SELECT (arguments -> 'args' ->> 0)::int, status, cardinality(worker_ids), leased_until IS NULL
    FROM public.tenantry_jobs_job ORDER BY id
"""


def enqueue(server: Server, *locks: int) -> None:
    """Enqueue a task that waits for a lock, in an organization for each lock."""
    code = "; ".join(
        f"seed.enqueue(tasks.wait, {lock}, times=1, schemas=['team_{number}'])"
        for number, lock in enumerate(locks, 1)
    )
    seed(server, code)


def ends_within(worker: Worker, seconds: float) -> int:
    """Wait for the end of a worker and return its exit status."""
    return worker.process.wait(seconds)


def test_sigterm_lets_running_tasks_end_and_gives_the_rest_back(
    database: Program, log: Path
) -> None:
    server = database.server
    enqueue(server, SHORT, LONG, LONG)

    with (
        locked(server, SHORT) as release,
        locked(server, LONG),
        running_worker(server, log, "--threads", "2", JOBS_GRACE="5") as worker,
    ):
        wait_until(lambda: count(server, "RUNNING") == 2, log)
        worker.process.terminate()
        wait_until(lambda: "stopping" in log.read_text(), log)
        release()
        assert ends_within(worker, 5 + 5) == 0

    assert query(server, STATES) == [
        (SHORT, "SUCCESSFUL", 1, True),
        (LONG, "READY", 1, True),
        (LONG, "READY", 0, True),
    ]


def test_a_worker_without_tasks_ends_soon(database: Program, log: Path) -> None:
    with running_worker(database.server, log, "--processes", "2") as worker:
        wait_until(lambda: len(worker.children()) == 2, log)
        worker.process.terminate()

        assert ends_within(worker, 5) == 0


def test_a_second_signal_ends_it_immediately(database: Program, log: Path) -> None:
    server = database.server
    enqueue(server, LONG)

    with locked(server, LONG), running_worker(server, log, JOBS_GRACE="600") as worker:
        wait_until(lambda: count(server, "RUNNING") == 1, log)
        children = worker.children()
        worker.process.send_signal(signal.SIGINT)
        time.sleep(0.5)  # Two at the same time are one.
        worker.process.send_signal(signal.SIGINT)
        ends_within(worker, 5)

    assert not any(map(is_running, children))


def test_processes_end_when_their_parent_is_killed(database: Program, log: Path) -> None:
    server = database.server
    enqueue(server, LONG)
    options = ("--processes", "2")

    with locked(server, LONG), running_worker(server, log, *options, JOBS_GRACE="2") as worker:
        wait_until(lambda: count(server, "RUNNING") == 1, log)
        children = worker.children()
        worker.process.kill()
        wait_until(lambda: not any(map(is_running, children)), log, patience=10)

    assert query(server, STATES) == [(LONG, "READY", 1, True)]


def test_processes_end_when_their_parent_is_killed_while_the_database_is_away(
    database: Program, log: Path
) -> None:
    with running_worker(database.server, log, JOBS_GRACE="2") as worker:
        wait_until(worker.children, log)
        (child,) = worker.children()
        wait_until(lambda: has_sessions(database.server), log)
        database.stop()
        try:
            worker.process.kill()
            wait_until(lambda: not is_running(child), log, patience=20)
        finally:
            database.start()


def has_sessions(server: Server) -> bool:
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    return bool(query(server, f"SELECT pid FROM pg_stat_activity WHERE {others}"))


def test_a_process_that_dies_is_replaced(database: Program, log: Path) -> None:
    server = database.server

    with running_worker(server, log, "--processes", "2") as worker:
        wait_until(lambda: len(worker.children()) == 2, log)
        first = worker.children()
        for child in first:
            os.kill(child, signal.SIGKILL)
        wait_until(lambda: len(set(worker.children()) - set(first)) == 2, log)
        seed(server, "seed.enqueue(tasks.take, 0, times=1)")
        wait_until(lambda: not count(server, "READY") and not count(server, "RUNNING"), log)
