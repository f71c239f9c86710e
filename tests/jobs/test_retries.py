"""Tasks that fail, and workers that die."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from shared_apps.jobs import queue, running
from shared_apps.jobs.models import Job
from shared_apps.jobs.turns import Turns
from shared_apps.organizations.models import Organization
from shared_apps.testing.jobs import run_jobs
from tenantry.context import tenant_context
from tests.conftest import InThread

from . import tasks


def make_due() -> None:
    Job.objects.filter(status="READY").update(run_after=None)


def test_a_task_that_fails_runs_again_after_growing_pauses(acme: Organization) -> None:
    with tenant_context(acme):
        tasks.always_fails.enqueue("broken")
    pauses = []

    for _ in range(2):
        run_jobs()
        job = Job.objects.get()
        assert job.status == "READY"
        assert job.run_after is not None
        pauses.append((job.run_after - timezone.now()).total_seconds())
        make_due()
    run_jobs()

    job = Job.objects.get()
    assert (job.status, tasks.ran) == ("FAILED", ["broken"] * 3)
    assert len(job.errors) == 3
    assert "ValueError: broken" in job.errors[-1]["traceback"]
    assert running.FIRST_PAUSE * 0.7 < pauses[0] < running.FIRST_PAUSE * 1.3 < pauses[1]


def test_a_task_that_cannot_succeed_fails_at_its_first_attempt(acme: Organization) -> None:
    with tenant_context(acme):
        tasks.cannot_succeed.enqueue()

    run_jobs()

    job = Job.objects.get()
    assert (job.status, job.failures) == ("FAILED", 1)


def test_a_task_that_succeeds_later_keeps_its_errors(acme: Organization) -> None:
    with tenant_context(acme):
        result = tasks.succeeds_at_the_third_attempt.enqueue()
    for _ in range(3):
        run_jobs()
        make_due()
    with tenant_context(acme):
        result.refresh()

    assert (result.return_value, result.attempts, len(result.errors)) == (3, 3, 2)


def test_a_failed_task_delays_no_other_one(acme: Organization, globex: Organization) -> None:
    with tenant_context(acme):
        tasks.always_fails.enqueue("broken")
        tasks.where.enqueue()
    with tenant_context(globex):
        tasks.where.enqueue()

    run_jobs()

    assert Job.objects.filter(status="SUCCESSFUL").count() == 2


def test_an_outage_of_the_database_is_not_a_failure_of_the_task(acme: Organization) -> None:
    with tenant_context(acme):
        tasks.where.enqueue()
    job = Turns("default").claim("w1")
    assert job is not None

    running.store(job, running.Outcome(error=OperationalError("server closed the connection")))

    job.refresh_from_db()
    assert (job.status, job.failures, job.errors) == ("READY", 0, [])


@pytest.mark.parametrize(("died", "status"), [(1, "READY"), (5, "READY"), (6, "FAILED")])
def test_the_job_of_a_dead_worker_is_given_to_another(
    acme: Organization, died: int, status: str
) -> None:
    with tenant_context(acme):
        tasks.where.enqueue()
    past = timezone.now() - timedelta(seconds=1)
    Job.objects.update(status="RUNNING", worker_ids=["w"] * died, leased_until=past)

    (job,) = queue.reclaim(error='[{"exception_class_path": "a.b", "traceback": "died"}]')

    assert (job.status, job.leased_until, len(job.errors)) == (status, None, 1)
    assert (job.finished_at is None) == (status == "READY")


def test_a_lease_that_is_extended_is_kept(acme: Organization) -> None:
    with tenant_context(acme):
        tasks.where.enqueue()
    job = Turns("default").claim("w1")
    assert job is not None
    Job.objects.update(leased_until=timezone.now() - timedelta(seconds=1))

    assert queue.extend_leases("w1", [job.pk]) == {job.pk}
    assert queue.extend_leases("w2", [job.pk]) == set()
    assert queue.reclaim(error="[]") == []


def test_a_unique_task_returns_to_the_queue_beside_another_of_its_name(acme: Organization) -> None:
    with tenant_context(acme):
        tasks.where.using(unique="report").enqueue("first")
    job = Turns("default").claim("w1")
    assert job is not None
    with tenant_context(acme):
        tasks.where.using(unique="report").enqueue("second")

    queue.give_back(job)

    assert run_jobs() == 2


def test_two_tasks_of_a_unique_name_return_together_from_dead_workers(acme: Organization) -> None:
    for number in range(2):
        with tenant_context(acme):
            tasks.where.using(unique="report").enqueue(str(number))
        Turns("default").claim(f"w{number}")
    Job.objects.update(leased_until=timezone.now() - timedelta(seconds=1))

    assert len(queue.reclaim(error="[]")) == 2
    assert sorted(Job.objects.values_list("unique_key", flat=True)) == ["", "report"]


def test_values_of_rows_are_not_stored_in_errors(name: str, in_thread: InThread) -> None:
    def enqueue_and_run() -> None:
        with tenant_context(name):
            tasks.add_item.enqueue("SECRET")
            tasks.add_item.enqueue("SECRET")
        run_jobs()

    in_thread(enqueue_and_run).result()

    failed = Job.objects.get(status="FAILED")
    assert "UniqueViolation" in failed.errors[0]["traceback"]
    assert "SECRET" not in failed.errors[0]["traceback"]
