"""How long tasks wait, what runs and what has failed, for monitoring."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from shared_apps.jobs import queue
from shared_apps.jobs import status as status_module
from shared_apps.jobs.models import Job, ScheduleState
from shared_apps.jobs.schedules import schedules
from shared_apps.jobs.services import job_retry
from shared_apps.jobs.status import queue_status, search
from shared_apps.jobs.tasks_api import TaskResultStatus as Status
from shared_apps.jobs.turns import Turns
from shared_apps.organizations.models import Organization
from shared_apps.organizations.services import organization_suspend
from shared_apps.testing.jobs import run_jobs
from tenantry.context import tenant_context
from tenantry.fleet import state

from . import tasks


def ago(**amount: float) -> Any:
    return timezone.now() - timedelta(**amount)


def minutes_waited() -> int | None:
    wait = queue_status().longest_wait
    return None if wait is None else round(wait.total_seconds() / 60)


def test_an_empty_queue_has_no_oldest_task(db: None) -> None:
    status = queue_status()

    assert (status.waiting, status.oldest, status.running, status.failed) == (0, None, 0, 0)
    assert (status.longest_wait, status.is_stalled) == (None, False)


def test_the_oldest_task_is_the_one_that_waits_longest(
    acme: Organization, globex: Organization
) -> None:
    for organization, minutes in ((acme, 5), (globex, 12)):
        with tenant_context(organization):
            tasks.where.enqueue()
        Job.objects.filter(schema_name=organization.schema_name).update(
            due_since=ago(minutes=minutes)
        )

    status = queue_status()

    assert (status.waiting, minutes_waited()) == (2, 12)
    assert status.oldest is not None
    assert status.oldest.schema_name == "globex"


def test_a_task_for_later_waits_from_its_moment_on(acme: Organization) -> None:
    with tenant_context(acme):
        tasks.where.using(run_after=timezone.now() + timedelta(days=3)).enqueue()
    assert minutes_waited() is None

    Job.objects.update(enqueued_at=ago(days=3), due_since=ago(days=3), run_after=ago(minutes=2))
    queue.promote()

    assert minutes_waited() == 2


def test_a_task_that_was_given_back_waits_from_then_on(acme: Organization) -> None:
    with tenant_context(acme):
        tasks.where.enqueue()
    job = Turns("default").claim("w1")
    assert job is not None
    Job.objects.update(due_since=ago(hours=2))

    queue.give_back(job)

    assert minutes_waited() == 0


def test_a_retried_task_waits_from_the_retry_on(acme: Organization) -> None:
    with tenant_context(acme):
        tasks.always_fails.enqueue("broken")
    Job.objects.update(status="FAILED", due_since=ago(days=2), finished_at=ago(days=2))

    job_retry(job=Job.objects.get())

    assert minutes_waited() == 0


def test_tasks_of_a_suspended_organization_raise_no_alarm(acme: Organization) -> None:
    with tenant_context(acme):
        tasks.where.enqueue()
    Job.objects.update(due_since=ago(days=1))

    organization_suspend(organization=acme)

    assert (queue_status().waiting, minutes_waited()) == (0, None)


@pytest.mark.parametrize("is_required", [True, False])
def test_tasks_of_an_organization_that_lacks_migrations_raise_no_alarm(
    acme: Organization, settings: Settings, is_required: bool
) -> None:
    settings.REQUIRE_MIGRATED_SCHEMA = is_required
    state.clear("acme")
    with tenant_context(acme):
        tasks.where.enqueue()

    assert queue_status().waiting == (0 if is_required else 1)
    state.refresh("acme")
    assert queue_status().waiting == 1


def test_failures_count_for_a_day(acme: Organization) -> None:
    for hours in (1, 23, 25):
        with tenant_context(acme):
            tasks.where.enqueue()
        Job.objects.filter(status="READY").update(status="FAILED", finished_at=ago(hours=hours))

    assert queue_status().failed == 2


@pytest.mark.parametrize(("runs", "is_stalled"), [(False, True), (True, False)])
def test_tasks_that_wait_while_none_runs_lack_a_worker(
    acme: Organization, runs: bool, is_stalled: bool
) -> None:
    with tenant_context(acme):
        tasks.where.enqueue()
        tasks.where.enqueue()
    if runs:
        Turns("default").claim("w1")
    Job.objects.update(due_since=ago(minutes=2))

    assert queue_status().is_stalled == is_stalled


@pytest.mark.parametrize(("seconds", "is_stalled"), [(5, False), (90, True)])
def test_a_schedule_that_is_late_lacks_a_worker(db: None, seconds: int, is_stalled: bool) -> None:
    path, schedule = next(iter(schedules.items()))
    ScheduleState.objects.create(task=path, cron=schedule.cron, due_at=ago(seconds=seconds))
    # Schedules of an earlier release are never due again.
    ScheduleState.objects.create(task=path, cron="1 2 3 4 *", due_at=ago(days=2))
    ScheduleState.objects.create(task="gone.tasks.gone", cron="0 * * * *", due_at=ago(days=9))

    assert queue_status().is_stalled == is_stalled


def test_an_error_of_several_lines_is_shown_in_one(acme: Organization) -> None:
    with tenant_context(acme):
        tasks.always_fails.enqueue("The host\nmail.example\n  does not answer")
    run_jobs()

    assert Job.objects.get().last_error == "ValueError: The host mail.example does not answer"


def test_a_task_without_an_error_has_no_last_error(acme: Organization) -> None:
    with tenant_context(acme):
        tasks.where.enqueue()

    assert Job.objects.get().last_error == ""


@pytest.fixture
def ended(acme: Organization, globex: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two tasks of acme and one of the platform, then one of globex; one is searched."""
    monkeypatch.setattr(status_module, "NEWEST", 1)
    with tenant_context(acme):
        tasks.where.enqueue()
        tasks.exits.enqueue()
    tasks.on_the_platform.enqueue()
    with tenant_context(globex):
        tasks.where.enqueue()
    run_jobs()


@pytest.mark.usefixtures("ended")
@pytest.mark.parametrize(
    ("choice", "found"),
    [
        ({"schema_name": "globex"}, 1),
        ({"schema_name": "acme"}, 0),
        ({"schema_name": "acme", "status": Status.FAILED}, 1),
        ({"schema_name": ""}, 1),
        ({"task": tasks.on_the_platform.module_path}, 1),
        ({"task": tasks.where.module_path}, 1),
        ({"status": Status.SUCCESSFUL}, 3),
        ({}, 4),
    ],
)
def test_a_search_reads_only_the_newest_where_most_have_succeeded(
    choice: dict[str, Any], found: int
) -> None:
    assert search(Job.objects.all(), **choice).count() == found
