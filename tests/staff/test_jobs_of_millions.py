"""No query of the lists of tasks reads the whole table of those that have succeeded."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shared_apps.jobs.status import NEWEST
from shared_apps.users.models import User
from tests.conftest import statements
from tests.jobs.rows import INSERT_JOBS

from .conftest import BrowserOf

TASKS = "/admin/tenantry_jobs/job/"
FILL = f"""
    {INSERT_JOBS}
    SELECT
        CASE WHEN n % 5000 = 0 THEN '' ELSE 'org_' || n % 100 END,
        CASE WHEN n % 5000 = 0 THEN 'shared_apps.staff.tasks.measure_sizes' ELSE 'shop.send' END,
        'default', 0, '{{}}', 0, '',
        CASE WHEN n > 499000 THEN 'READY' WHEN n % 1000 = 7 THEN 'FAILED' ELSE 'SUCCESSFUL' END,
        now(), CASE WHEN n <= 499000 THEN now() - (500000 - n) * interval '1 s' END,
        '{{}}', 0, '[]', 'ada@example.com', ''
    FROM generate_series(1, 500000) AS n
"""
QUERIES = (
    "",
    "status=ready",
    "status=running",
    "status=failed",
    "status=successful",
    "organization=org_7",
    "organization=nobody",
    "organization=public",
    "organization=org_7&status=failed",
    "task=shop.send",
    "task=gone.tasks.gone",
    "task=shared_apps.staff.tasks.measure_sizes",
    "organization=org_8&task=shop.send&status=successful",
    "q=4711",
)


def rows_read(node: dict[str, Any]) -> float:
    """Return how many rows of the table a part of a plan reads."""
    own = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    reads = node.get("Relation Name") == "tenantry_jobs_job"
    below = sum(rows_read(part) for part in node.get("Plans", ()))
    return float(own * node["Actual Loops"] * reads + below)


def most_read(captured: CaptureQueriesContext) -> float:
    most = 0.0
    for sql in statements(captured):
        if "tenantry_jobs_job" in sql and sql.startswith("SELECT"):
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, FORMAT json) {sql}")
                most = max(most, rows_read(cursor.fetchone()[0][0]["Plan"]))
    return most


@pytest.mark.proof
def test_no_page_reads_all_tasks_that_have_succeeded(browser_of: BrowserOf, root: User) -> None:
    browser = browser_of(root)
    with connection.cursor() as cursor:
        cursor.execute(FILL)
        cursor.execute("ANALYZE public.tenantry_jobs_job")
    read = {}
    for url in ("/admin/", *(f"{TASKS}?{query}" for query in QUERIES)):
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(url).status_code == 200
        read[url] = most_read(captured)
    for arguments in ("", "--organization public", "--task shop.send", "--status failed"):
        with CaptureQueriesContext(connection) as captured:
            call_command("list_jobs", *arguments.split(), stdout=StringIO())
        read[arguments] = most_read(captured)

    assert {name: rows for name, rows in read.items() if rows > NEWEST + 1} == {}
