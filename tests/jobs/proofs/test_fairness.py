"""An organization with ten thousand waiting tasks delays no other one."""

import json
import time
from pathlib import Path

import pytest

from tests.isolation.servers import Program, Server

from .workers import PATIENCE, count, query, running_worker, seed, wait_until

pytestmark = pytest.mark.proof

BACKLOG = 10_000
SECONDS = 0.05  # of each task of the backlog
TIMES = 10


@pytest.fixture(scope="module")
def server(program: Program) -> Server:
    """The server, with the backlog, of which each test leaves most."""
    query(program.server, "DELETE FROM public.tenantry_jobs_job")
    code = f"seed.enqueue(tasks.take, {SECONDS}, times={BACKLOG}, schemas=['team_2'])"
    seed(program.server, code)
    return program.server


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("other", ["team_1", "team_3"], ids=["name before", "name after"])
def test_another_organizations_first_task_starts_within_a_second(
    server: Server, log: Path, other: str, threads: int
) -> None:
    already = count(server, "SUCCESSFUL")

    with running_worker(server, log, "--threads", str(threads)) as worker:
        wait_until(lambda: count(server, "SUCCESSFUL") >= already + 10, log)
        began, before = time.monotonic(), count(server, "SUCCESSFUL")
        delays = json.loads(
            seed(server, f"seed.print_delays(tasks.take, 0, schema='{other}', times={TIMES})")
        )
        rate = (count(server, "SUCCESSFUL") - before) / (time.monotonic() - began)
        worker.process.terminate()
        worker.process.wait(PATIENCE)

    assert len(delays) == TIMES
    assert max(delays) < 1, delays
    # The backlog goes on meanwhile: one thread takes at most 20 a second.
    assert rate > 8
