"""What monitoring and staff ask about the queue: what waits, runs and has failed.

No query reads the millions of tasks that have succeeded. Indexes for it would cost each task more
than staff would gain.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from tenantry.fleet.state import SchemaState, digest_of_code

from .definitions import registered
from .models import Job, ScheduleState
from .schedules import schedules
from .tasks_api import TaskResultStatus as Status
from .tenants import active_tenants

MOST = 10_000
"""Counts end here."""

NEWEST = 200_000
"""How many tasks are searched for those of an organization, where most have succeeded."""

LATE = timedelta(minutes=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """The state of the queue.

    Attributes:
        waiting: the number of tasks that could run now, at most `MOST`.
        oldest: the task among them that has waited longest.
        running: the number of tasks that run, at most `MOST`.
        failed: the number of tasks that failed in the last day, at most `MOST`.
        is_stalled: whether it seems that no worker runs: tasks or schedules are late.
    """

    at: datetime
    waiting: int
    oldest: Job | None
    running: int
    failed: int
    is_stalled: bool

    @property
    def longest_wait(self) -> timedelta | None:
        return max(self.at - self.oldest.due_since, timedelta()) if self.oldest else None


def queue_status() -> QueueStatus:
    now = timezone.now()
    waiting = due()
    oldest = waiting.order_by("due_since").first()
    running = _count(with_status(Job.objects.all(), Status.RUNNING))
    failed = with_status(Job.objects.all(), Status.FAILED).filter(finished_at__gt=now - DAY)
    return QueueStatus(
        at=now,
        waiting=_count(waiting),
        oldest=oldest,
        running=running,
        failed=_count(failed),
        is_stalled=_is_a_schedule_late(now)
        or bool(oldest and not running and now - oldest.due_since > LATE),
    )


def _is_a_schedule_late(now: datetime) -> bool:
    """Return whether one of this release is late. Workers move it on at the second it is due."""
    late = ScheduleState.objects.filter(task__in=schedules, due_at__lt=now - LATE)
    return any(schedules[state.task].cron == state.cron for state in late)


def due() -> QuerySet[Job]:
    """Return the tasks that could run now, as `sql/waiting.sql` finds them.

    Those of suspended organizations could not, nor with REQUIRE_MIGRATED_SCHEMA those of
    organizations that lack migrations.
    """
    tenants = active_tenants()
    if settings.REQUIRE_MIGRATED_SCHEMA:
        current = SchemaState.objects.filter(applied=digest_of_code(), error="")
        tenants = tenants.filter(schema_name__in=current.values("schema_name"))
    may_work = Q(schema_name="") | Q(schema_name__in=tenants.values("schema_name"))
    return Job.objects.filter(may_work, status=Status.READY, run_after=None)


def with_status(jobs: QuerySet[Job], status: Status) -> QuerySet[Job]:
    """Return the tasks with a status, by conditions that match the partial indexes."""
    if status == Status.READY:
        later = Q(run_after__isnull=False)
        return jobs.filter(Q(status=status, run_after=None) | Q(later, status=status))
    if status == Status.RUNNING:
        return jobs.filter(status=status)
    return jobs.filter(status=status, finished_at__isnull=False)


def search(
    jobs: QuerySet[Job],
    *,
    status: Status | None = None,
    schema_name: str | None = None,
    task: str = "",
) -> QuerySet[Job]:
    """Return the tasks that match.

    Of an organization and of a task, only the `NEWEST` are searched, unless few can match: tasks
    of the platform, and those that wait, run or have failed.

    Args:
        schema_name: empty for the platform, None for all.
        task: the path; empty for all.
    """
    known = registered.get(task)
    if schema_name is None and known and known.platform:
        schema_name = ""
    if status:
        jobs = with_status(jobs, status)
    if schema_name is not None:
        jobs = jobs.filter(schema_name=schema_name)
    if task:
        jobs = jobs.filter(task=task)
    are_many = status in {None, Status.SUCCESSFUL} and schema_name != ""
    if are_many and (task or schema_name):
        newest = Job.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        jobs = jobs.filter(pk__gt=newest - NEWEST)
    return jobs


def _count(jobs: QuerySet[Job]) -> int:
    return jobs.order_by()[:MOST].count()
