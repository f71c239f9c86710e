"""A worker that is frozen for longer than its lease loses its task, and its late result."""

import os
import signal
from pathlib import Path

import pytest

from tests.isolation.servers import Program

from .workers import count, locked, query, running_worker, seed, wait_until

pytestmark = pytest.mark.proof

LOCK = 1
LEASE = {"JOBS_LEASE": "5"}  # seconds
JOB = """
    SELECT status, cardinality(worker_ids), return_value, jsonb_array_length(errors), failures
    FROM public.tenantry_jobs_job
"""


@pytest.mark.parametrize("thaws", ["before the end", "after the end"])
def test_the_result_of_the_worker_that_has_the_lease_stays(
    database: Program, tmp_path: Path, thaws: str
) -> None:
    server, log, other_log = database.server, tmp_path / "frozen", tmp_path / "other"
    seed(server, f"seed.enqueue(tasks.wait, {LOCK}, times=1, schemas=['team_1'])")

    with locked(server, LOCK) as release, running_worker(server, log, **LEASE) as frozen:
        wait_until(lambda: count(server, "RUNNING") == 1, log)
        (child,) = frozen.children()
        os.kill(child, signal.SIGSTOP)
        with running_worker(server, other_log, **LEASE):
            wait_until(lambda: query(server, JOB)[0][1] == 2, other_log)
            if thaws == "before the end":
                os.kill(child, signal.SIGCONT)
            release()
            wait_until(lambda: count(server, "SUCCESSFUL") == 1, other_log)
            os.kill(child, signal.SIGCONT)
            wait_until(lambda: "given to another worker" in log.read_text(), log)

    assert query(server, JOB) == [("SUCCESSFUL", 2, 2, 1, 0)]
    assert (
        "WorkerLost"
        in query(server, "SELECT errors FROM public.tenantry_jobs_job")[0][0][0][
            "exception_class_path"
        ]
    )
