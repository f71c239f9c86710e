"""What staff and the clock do with jobs."""

from datetime import timedelta

import pytest
from django.utils import timezone

from shared_apps.audit.models import AuditEntry
from shared_apps.core.errors import DomainError
from shared_apps.jobs.models import Job
from shared_apps.jobs.services import clear_jobs, job_cancel, job_retry
from shared_apps.jobs.turns import Turns
from shared_apps.organizations.models import Organization
from shared_apps.testing.jobs import run_jobs
from tenantry.context import tenant_context

from . import tasks


@pytest.fixture
def job(acme: Organization) -> Job:
    with tenant_context(acme):
        tasks.where.enqueue()
    return Job.objects.get()


def test_a_waiting_job_is_cancelled(job: Job) -> None:
    job_cancel(job=job)

    assert run_jobs() == 0
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.schema_name) == ("job.cancelled", "acme")
    assert entry.subject.startswith("tests.jobs.tasks.where")


def test_a_job_that_runs_cannot_be_cancelled(job: Job) -> None:
    Turns("default").claim("w1")

    with pytest.raises(DomainError, match="Only a waiting task can be cancelled"):
        job_cancel(job=job)

    assert Job.objects.exists()


def test_a_failed_job_gets_all_its_attempts_again(acme: Organization) -> None:
    with tenant_context(acme):
        tasks.always_fails.enqueue("broken")
    for _ in range(3):
        run_jobs()
        Job.objects.filter(status="READY").update(run_after=None)
    job = Job.objects.get(status="FAILED")

    job_retry(job=job)
    run_jobs()

    job.refresh_from_db()
    assert (job.status, job.attempt, len(job.errors)) == ("READY", 1, 4)
    assert AuditEntry.objects.latest("pk").action == "job.retried"


def test_a_job_that_did_not_fail_cannot_be_retried(job: Job) -> None:
    with pytest.raises(DomainError, match="Only a failed task can be retried"):
        job_retry(job=job)


def test_jobs_that_ended_are_deleted_after_some_days(job: Job) -> None:
    run_jobs()
    job.refresh_from_db()
    for status, days in (("SUCCESSFUL", 6), ("SUCCESSFUL", 8), ("FAILED", 29), ("FAILED", 31)):
        job.pk, job.status = None, status
        job.finished_at = timezone.now() - timedelta(days=days)
        job.save()

    assert clear_jobs() == 2
    assert Job.objects.count() == 3


def test_jobs_that_wait_are_never_deleted(job: Job) -> None:
    Job.objects.update(enqueued_at=timezone.now() - timedelta(days=400))

    assert clear_jobs() == 0
