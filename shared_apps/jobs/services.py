"""What staff do with jobs: cancel, retry; and the clearing of old ones."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record
from shared_apps.core.deletion import delete_in_batches
from shared_apps.core.errors import DomainError

from .models import Job
from .tasks_api import TaskResultStatus as Status


def job_cancel(*, job: Job) -> None:
    """Delete a job that waits.

    Raises:
        DomainError: 409 `job_not_waiting`, if a worker has it by now.
    """
    with transaction.atomic():
        if not Job.objects.filter(pk=job.pk, status=Status.READY).delete()[0]:
            raise DomainError("job_not_waiting", f"Only a waiting task can be cancelled: {job}.")
        record(AuditAction.JOB_CANCELLED, organization=_organization(job), subject=job)


def job_retry(*, job: Job) -> None:
    """Let a failed job run again, with all its attempts.

    Raises:
        DomainError: 409 `job_not_failed`.
    """
    with transaction.atomic():
        failed = Job.objects.filter(pk=job.pk, status=Status.FAILED)
        changed = failed.update(
            status=Status.READY,
            run_after=None,
            due_since=timezone.now(),
            finished_at=None,
            failures=0,
            worker_ids=[],
            unique_key="",
        )
        if not changed:
            raise DomainError("job_not_failed", f"Only a failed task can be retried: {job}.")
        record(AuditAction.JOB_RETRIED, organization=_organization(job), subject=job)


def _organization(job: Job) -> Job | None:
    return job if job.schema_name else None


def clear_jobs() -> int:
    """Delete finished jobs after JOBS_KEEP_SUCCESSFUL and JOBS_KEEP_FAILED days.

    Returns:
        The number of deleted jobs.
    """
    deleted = 0
    for status, days in (
        (Status.SUCCESSFUL, settings.JOBS_KEEP_SUCCESSFUL),
        (Status.FAILED, settings.JOBS_KEEP_FAILED),
    ):
        before = timezone.now() - timedelta(days=days)
        deleted += delete_in_batches(Job.objects.filter(status=status, finished_at__lt=before))
    return deleted
