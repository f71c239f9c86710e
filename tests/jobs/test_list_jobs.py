"""list_jobs lists tasks as a table or as JSON, and how long the oldest one waits."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shared_apps.jobs.models import Job
from shared_apps.organizations.models import Organization
from shared_apps.testing.jobs import run_jobs
from tenantry.context import tenant_context
from tests.conftest import statements

from . import tasks

WHERE = "tests.jobs.tasks.where"


def list_jobs(*arguments: str) -> str:
    output = StringIO()
    call_command("list_jobs", *arguments, stdout=output)
    return output.getvalue()


def listed(*arguments: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(list_jobs("--json", *arguments))["tasks"]
    return rows


@pytest.fixture
def four(acme: Organization, globex: Organization) -> None:
    """A task that waits in each organization, one that failed in acme, one of the platform."""
    with tenant_context(acme):
        tasks.exits.enqueue()
    tasks.on_the_platform.enqueue()
    run_jobs()
    for organization in (acme, globex):
        with tenant_context(organization):
            tasks.where.enqueue("a secret note")


@pytest.mark.usefixtures("four")
def test_the_table_shows_the_newest_first_and_the_errors(acme: Organization) -> None:
    shown = list_jobs()

    lines = [line.split()[1:4] for line in shown.splitlines() if " tests.jobs." in line]
    assert lines == [
        ["ready", "globex", WHERE],
        ["ready", "acme", WHERE],
        ["successful", "public", "tests.jobs.tasks.on_the_platform"],
        ["failed", "acme", "tests.jobs.tasks.exits"],
    ]
    assert "SystemExit: 3" in shown
    assert "2 waiting, the oldest for 0:00:0" in shown
    assert "0 running; 1 failed in the last day." in shown


def test_json_has_times_attempts_and_who_enqueued(acme: Organization) -> None:
    with tenant_context(acme):
        tasks.exits.enqueue()
    run_jobs()
    moment = datetime(2026, 11, 29, 10, 30, 15, tzinfo=UTC)
    Job.objects.update(
        enqueued_at=moment,
        started_at=moment + timedelta(seconds=1),
        finished_at=moment + timedelta(seconds=2),
        actor="ada@example.com",
        request_id="f00",
    )

    (row,) = listed()

    assert isinstance(row.pop("id"), int)
    assert row.pop("run_after") is not None
    assert row == {
        "status": "failed",
        "organization": "acme",
        "task": "tests.jobs.tasks.exits",
        "queue": "default",
        "priority": 0,
        "enqueued_at": "2026-11-29T10:30:15Z",
        "started_at": "2026-11-29T10:30:16Z",
        "finished_at": "2026-11-29T10:30:17Z",
        "attempts": 1,
        "retries": 0,
        "enqueued_by": "ada@example.com",
        "request_id": "f00",
        "error": "SystemExit: 3",
    }


@pytest.mark.usefixtures("four")
@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_arguments_are_not_printed(arguments: tuple[str, ...]) -> None:
    assert "secret" not in list_jobs(*arguments)


@pytest.mark.usefixtures("four")
@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ([], ["ready globex", "ready acme", "successful None", "failed acme"]),
        (["--status", "ready"], ["ready globex", "ready acme"]),
        (["--status", "running"], []),
        (["--status", "failed"], ["failed acme"]),
        (["--status", "successful"], ["successful None"]),
        (["--organization", "acme"], ["ready acme", "failed acme"]),
        (["--organization", "public"], ["successful None"]),
        (["--task", WHERE], ["ready globex", "ready acme"]),
        (["--task", WHERE, "--organization", "acme", "--status", "ready"], ["ready acme"]),
        (["--limit", "1"], ["ready globex"]),
    ],
)
def test_options_choose_tasks(arguments: list[str], shown: list[str]) -> None:
    rows = listed(*arguments)

    assert [f"{row['status']} {row['organization']}" for row in rows] == shown


def test_json_has_the_figures_of_an_alarm(acme: Organization) -> None:
    with tenant_context(acme):
        tasks.where.enqueue()
    Job.objects.update(due_since=timezone.now() - timedelta(minutes=3))

    figures = json.loads(list_jobs("--json", "--limit", "1"))

    assert figures.pop("tasks")
    assert 180 <= figures.pop("oldest_waiting_seconds") < 240
    assert figures == {"waiting": 1, "running": 0, "failed_last_day": 0, "stalled": True}
    assert "No worker seems to run. Start one with run_jobs." in list_jobs()


def test_an_empty_queue_is_printed_in_words(acme: Organization) -> None:
    assert list_jobs().splitlines() == [
        "No tasks.",
        "0 waiting; 0 running; 0 failed in the last day.",
    ]
    assert json.loads(list_jobs("--json"))["oldest_waiting_seconds"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--organization", "acne"], "No organization acne. `list_tenants` lists all of them."),
        (["--task", "nothing.here"], r"No task nothing.here. Tasks: .*staff.tasks.measure_sizes"),
        (["--limit", "0"], "--limit 0: use a number from 1."),
        (["--status", "late"], "invalid choice: 'late'"),
    ],
)
def test_a_wrong_option_is_one_clear_line(
    acme: Organization, arguments: list[str], message: str
) -> None:
    with pytest.raises(CommandError, match=message) as raised:
        list_jobs(*arguments)

    assert "\n" not in str(raised.value)


def test_a_task_of_another_release_is_found(acme: Organization) -> None:
    with tenant_context(acme):
        tasks.where.enqueue()
    Job.objects.update(task="shop.tasks.renamed")

    assert [row["task"] for row in listed("--task", "shop.tasks.renamed")] == ["shop.tasks.renamed"]


def test_more_tasks_need_no_more_queries(acme: Organization) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            list_jobs()
        return len(statements(captured))

    with tenant_context(acme):
        tasks.where.enqueue()
    few = queries()
    with tenant_context(acme):
        for _ in range(30):
            tasks.where.enqueue()

    assert queries() == few
