"""A worker's memory does not grow with its tasks, nor its connections' with organizations."""

from collections import defaultdict
from pathlib import Path

import pytest
from rich.console import Console

from tests.isolation.servers import Program, Server
from tests.sizes import FULL

from .conftest import ORGANIZATIONS
from .workers import count, query, running_worker, seed, wait_until

pytestmark = pytest.mark.proof

EACH = 20 if FULL else 60  # tasks of an organization, of which the second half is measured
TENANTS = ORGANIZATIONS // 2  # of a connection
PATIENCE = 600  # seconds
MAX_PRIVATE = 2 * 2**20  # bytes
MAX_OBJECTS = 0.5  # of each task; a leak is at least 1


def test_memory_does_not_grow(
    database: Program, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server, half = database.server, EACH // 2
    measured = []

    with running_worker(server, log, "--processes", "1", CONN_MAX_TENANTS=str(TENANTS)):
        for _ in range(2):
            seed(server, f"seed.enqueue(tasks.note, times={half})")
            wait_until_empty(server, log)
            measured.append(memory(server, log))

    (first, second), tasks = measured, half * ORGANIZATIONS
    with capsys.disabled():
        Console().print(f"\n{first} after {tasks:,} tasks, {second} after as many again")
    assert count(server, "SUCCESSFUL") == 2 * tasks + 2
    assert second["private"] - first["private"] < MAX_PRIVATE
    assert (second["objects"] - first["objects"]) / tasks < MAX_OBJECTS


def test_a_connection_is_closed_after_so_many_organizations(database: Program, log: Path) -> None:
    server = database.server
    seed(server, "seed.enqueue(tasks.note, times=4)")

    with running_worker(server, log, CONN_MAX_TENANTS=str(TENANTS)):
        wait_until_empty(server, log)

    schemas = defaultdict(set)
    items = " UNION ALL ".join(
        f"SELECT description FROM team_{number}.tenantry_items_item"
        for number in range(1, ORGANIZATIONS + 1)
    )
    for (text,) in query(server, items):
        schema, session = text.split()
        schemas[session].add(schema)
    assert max(map(len, schemas.values())) <= TENANTS
    assert len(schemas) > 4  # threads


def memory(server: Server, log: Path) -> dict[str, int]:
    """Run a task that measures the worker."""
    seed(server, "tasks.memory.enqueue()")
    wait_until_empty(server, log)
    newest = "SELECT return_value FROM public.tenantry_jobs_job ORDER BY id DESC LIMIT 1"
    ((measured,),) = query(server, newest)
    return dict(measured)


def wait_until_empty(server: Server, log: Path) -> None:
    wait_until(
        lambda: count(server, "READY") + count(server, "RUNNING") == 0, log, patience=PATIENCE
    )
