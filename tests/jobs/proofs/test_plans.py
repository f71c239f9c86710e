"""A worker reads few pages to find its next job, however many organizations and jobs there are."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from psycopg2 import extensions

from shared_apps.jobs import queue
from shared_apps.jobs.turns import BATCH
from tests.commands import manage
from tests.isolation.servers import Program, Server
from tests.jobs.rows import INSERT_JOBS

from .workers import query, worker_environment

pytestmark = pytest.mark.proof

ORGANIZATIONS = """
    INSERT INTO public.tenantry_organizations_organization
        (schema_name, name, status, currency, created_at)
    SELECT %s || to_char(number, 'FM00000'), number, %s, 'EUR', now()
    FROM generate_series(%s, %s) AS number
"""
JOBS = f"""
    {INSERT_JOBS}
    SELECT schema_name, 'tests.jobs.tasks.where', 'default', 0, '{{}}', 0, '', %s,
        now(), CASE WHEN %s <> 'READY' THEN now() END, '{{}}', 0, '[]', 'planner', ''
    FROM generate_series(1, %s), public.tenantry_organizations_organization
    WHERE schema_name LIKE %s
"""


PREFIX, LAST = "planned_", "planned_10000"


class Planner:
    """A database without schemas, for organizations that only have jobs."""

    def __init__(self, connection: extensions.connection) -> None:
        self._cursor = connection.cursor()

    def execute(self, sql: str, values: Any = None) -> list[Any]:
        self._cursor.execute(sql, values)
        return self._cursor.fetchall() if self._cursor.description else []

    def organizations(self, first: int, last: int, status: str = "active") -> None:
        self.execute(ORGANIZATIONS, [PREFIX, status, first, last])

    def jobs(self, each: int, status: str = "READY", names: str = "%") -> None:
        self.execute(JOBS, [status, status, each, PREFIX + names])

    def explain(self, name: str, **values: Any) -> dict[str, Any]:
        """Run a statement of the queue, and return its plan."""
        sql, tenants = queue._with_tenants(name)
        named = {**tenants, **values, "queue": "default", "digest": ""}
        rows = self.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", named)
        plan: dict[str, Any] = rows[0][0][0]["Plan"]
        return plan


@pytest.fixture(scope="module")
def server(program: Program) -> Server:
    query(program.server, "CREATE DATABASE plans")
    server = replace(program.server, NAME="plans")
    manage(worker_environment(server), "migrate", "--verbosity", "0")
    return server


@pytest.fixture
def planner(server: Server) -> Iterator[Planner]:
    with closing(server.connect()) as connection:
        planner = Planner(connection)
        planner.execute("TRUNCATE public.tenantry_jobs_job")
        planner.execute("DELETE FROM public.tenantry_organizations_organization")
        planner.execute("VACUUM ANALYZE public.tenantry_jobs_job")
        # Rows of the test before would count as pages that are read.
        planner.execute("VACUUM public.tenantry_organizations_organization")
        yield planner


def thousand_of_ten(planner: Planner) -> None:
    planner.organizations(9_001, 10_000)
    planner.jobs(10)


def ten_thousand_of_one(planner: Planner) -> None:
    planner.organizations(1, 10_000)
    planner.jobs(1)


def one_of_a_hundred_thousand(planner: Planner) -> None:
    planner.organizations(10_000, 10_000)
    planner.jobs(100_000)


def many_finished(planner: Planner) -> None:
    planner.organizations(9_001, 10_000)
    planner.jobs(100, status="SUCCESSFUL")
    planner.jobs(10, names="10000")


def thousand_suspended(planner: Planner) -> None:
    planner.organizations(9_000, 9_999, status="suspended")
    planner.organizations(10_000, 10_000)
    planner.jobs(10)


CASES = [
    thousand_of_ten,
    ten_thousand_of_one,
    one_of_a_hundred_thousand,
    many_finished,
    thousand_suspended,
]


@pytest.mark.parametrize("statistics", ["old", "new"])
@pytest.mark.parametrize("fill", CASES)
def test_a_claim_reads_few_pages(
    planner: Planner, fill: Callable[[Planner], None], statistics: str
) -> None:
    prepare(planner, fill, statistics)

    plan = planner.explain("claim", schema=LAST, worker="w", lease=60, at_once=2)

    assert plan["Actual Rows"] == 1
    assert not reads_all_jobs(plan)
    assert pages(plan) < 100


@pytest.mark.parametrize("statistics", ["old", "new"])
@pytest.mark.parametrize("fill", CASES)
def test_finding_organizations_reads_some_pages_for_each(
    planner: Planner, fill: Callable[[Planner], None], statistics: str
) -> None:
    prepare(planner, fill, statistics)

    plan = planner.explain("waiting", after=None, limit=BATCH)

    walked = BATCH if fill is not thousand_suspended else 1_000
    assert 1 <= plan["Actual Rows"] <= BATCH
    assert not reads_all_jobs(plan)
    assert pages(plan) < 15 * walked


def prepare(planner: Planner, fill: Callable[[Planner], None], statistics: str) -> None:
    """Fill the tables. Old statistics are those of an empty queue, as autovacuum can leave."""
    fill(planner)
    planner.execute("ANALYZE public.tenantry_organizations_organization")
    if statistics == "new":
        planner.execute("ANALYZE public.tenantry_jobs_job")


def pages(plan: dict[str, Any]) -> int:
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def reads_all_jobs(plan: dict[str, Any]) -> bool:
    node = (plan["Node Type"], plan.get("Relation Name"))
    return node == ("Seq Scan", "tenantry_jobs_job") or any(
        map(reads_all_jobs, plan.get("Plans", []))
    )
