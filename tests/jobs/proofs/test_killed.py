"""Workers are killed and PostgreSQL is restarted, and each task is run and none too often."""

import os
import random
import signal
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.isolation.servers import Program, Server, pgbouncer
from tests.sizes import FULL

from .conftest import ORGANIZATIONS
from .workers import Worker, count, query, seed, start_worker

pytestmark = pytest.mark.proof

EACH = 10 if FULL else 40  # tasks of an organization
TASKS = ORGANIZATIONS * EACH
WORKERS = 4
LONGEST = 0.2  # seconds of a task
LEASE = 5  # seconds
PATIENCE = 1_800 if FULL else 300  # seconds


class Crew:
    """Workers of which one is killed now and then."""

    def __init__(self, server: Server, log: Path) -> None:
        self.server, self.log, self.kills = server, log, 0
        self.workers = [self._start() for _ in range(WORKERS)]
        self.orphaned: list[Worker] = []

    def _start(self) -> Worker:
        return start_worker(self.server, self.log, JOBS_LEASE=str(LEASE), JOBS_GRACE="2")

    def kill_one(self) -> None:
        """Kill a process that runs tasks; each fifth time its parent, for which another starts."""
        self.kills += 1
        number = random.randrange(WORKERS)
        worker = self.workers[number]
        if self.kills % 5:
            for child in worker.children():
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
        else:
            worker.process.kill()
            worker.process.wait()
            self.orphaned.append(worker)
            self.workers[number] = self._start()

    def end(self) -> None:
        for worker in [*self.workers, *self.orphaned]:
            worker.end()


@contextmanager
def crew_of(server: Server, log: Path) -> Iterator[Crew]:
    crew = Crew(server, log)
    try:
        yield crew
    finally:
        crew.end()


@contextmanager
def direct(server: Server) -> Iterator[Server]:
    yield server


@contextmanager
def pooled(server: Server) -> Iterator[Server]:
    with pgbouncer(server, server_connections=10) as pooler:
        yield pooler


@pytest.mark.parametrize("reach", [direct, pooled])
def test_no_task_is_lost_or_runs_in_a_wrong_schema_or_too_often(
    database: Program, schemas: list[str], log: Path, reach: type
) -> None:
    seed(database.server, f"seed.enqueue(tasks.note, {LONGEST}, times={EACH})")
    restarts = [(TASKS * 2 / 3, crash), (TASKS / 3, restart)]
    deadline = time.monotonic() + PATIENCE

    with reach(database.server) as server, crew_of(server, log) as crew:
        while (done := count(database.server, "SUCCESSFUL")) < TASKS:
            assert time.monotonic() < deadline, log.read_text()[-5000:]
            if restarts and done > restarts[-1][0]:
                restarts.pop()[1](database)
            crew.kill_one()
            time.sleep(1)

    check_runs(database.server, schemas)
    assert not restarts
    assert crew.kills > 5


def restart(database: Program) -> None:
    database.stop()
    database.start()


def crash(database: Program) -> None:
    """Kill a backend; PostgreSQL then ends all and recovers, as after a crash of the machine."""
    backends = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
    ((pid,), *_) = query(database.server, backends)
    os.kill(pid, signal.SIGKILL)


def check_runs(server: Server, schemas: list[str]) -> None:
    """Check that each attempt of a job ran once at most, in the schema of its organization."""
    runs = defaultdict(set)
    for schema in schemas:
        rows = query(server, f"SELECT sku, description FROM {schema}.tenantry_items_item")
        assert {text.split()[0] for _, text in rows} <= {schema}
        for sku, _ in rows:  # Unique, so no attempt ran twice.
            job, attempt = map(int, sku.split("-"))
            runs[schema, job].add(attempt)
    jobs = query(
        server,
        "SELECT schema_name, id, status, cardinality(worker_ids) FROM public.tenantry_jobs_job",
    )
    assert {(schema, job) for schema, job, *_ in jobs} == runs.keys()
    assert [job for job in jobs if job[2] != "SUCCESSFUL"] == []
    for schema, job, _, attempts in jobs:
        assert attempts in runs[schema, job]  # The one that succeeded.
        assert runs[schema, job] <= set(range(1, attempts + 1))
    assert any(attempts > 1 for *_, attempts in jobs)
