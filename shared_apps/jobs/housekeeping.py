"""What some worker does each second: due jobs, jobs of dead workers, schedules."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog
from django.db import connection, transaction
from django.utils import timezone

from shared_apps.core.outages import is_outage
from shared_apps.core.request import Actor, acting

from . import queue
from .definitions import Task
from .errors import WorkerLost
from .models import ScheduleState
from .results import error_as_json
from .schedules import schedules

LONGEST_SPREAD = timedelta(minutes=10)
FORGOTTEN = timedelta(days=7)
"""How long after its time a schedule is deleted that no release has any more."""

_UNIQUE = "schedule"  # A task that still waits is not enqueued a second time.

# A lock timeout, and a statement timeout: the database is not away, the next function can succeed.
_TIMEOUTS = ("55P03", "57014")

logger: structlog.stdlib.BoundLogger = structlog.get_logger("jobs")

_functions_of_apps: list[Callable[[], None]] = []


def each_second(function: Callable[[], None]) -> Callable[[], None]:
    """Let one worker call a function each second, in a transaction. It must be fast."""
    _functions_of_apps.append(function)
    return function


def run_housekeeping() -> None:
    """Call each function of housekeeping, unless another worker does so now.

    Each has a separate transaction, and an error in one does not stop the others. An error that the
    others would have too, such as a lost connection, is raised.
    """
    for function in (queue.promote, _take_back, enqueue_due, *_functions_of_apps):
        try:
            with transaction.atomic():
                if not _is_our_turn():
                    return
                function()
        except Exception as error:
            if is_outage(error) and getattr(error.__cause__, "pgcode", None) not in _TIMEOUTS:
                raise
            logger.exception("housekeeping failed", function=function.__qualname__)


def _is_our_turn() -> bool:
    """Take the lock of housekeeping until the end of the transaction, unless another worker has it.

    A function must not wait long for another lock, such as that of a unique key that an open
    transaction has inserted: until then, no lease of this process is extended.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL lock_timeout TO '500ms'; "
            "SELECT pg_try_advisory_xact_lock(hashtext('tenantry_jobs_housekeeping'))"
        )
        (is_ours,) = cursor.fetchone() or (False,)
        return bool(is_ours)


def _take_back() -> None:
    for job in queue.reclaim(error=error_as_json(WorkerLost(WorkerLost.__doc__))):
        logger.warning(
            "task taken back from a worker that died",
            task=job.task,
            job=job.pk,
            attempt=job.attempt,
            schema=job.schema_name,
            status=job.status,
        )


def enqueue_due() -> None:
    """Enqueue the tasks of schedules that are due.

    During a deployment workers of two releases do this in turn. A schedule with changed times has a
    state for each release, so neither release skips what the other one has to enqueue.
    """
    now = timezone.now()
    states = {(state.task, state.cron): state for state in ScheduleState.objects.all()}
    for path, schedule in schedules.items():
        state = states.pop((path, schedule.cron), None)
        if state and state.due_at > now:
            continue
        upcoming = schedule.next_after(now)
        if state is None:
            ScheduleState.objects.create(task=path, cron=schedule.cron, due_at=upcoming)
            continue
        state.due_at = upcoming
        state.save(update_fields=["due_at"])
        with acting(Actor(program="schedule")):
            _enqueue(schedule.task, spread=min((upcoming - now) / 10, LONGEST_SPREAD))
    for state in states.values():
        if state.due_at < now - FORGOTTEN:
            state.delete()


def _enqueue(task: Task[..., Any], *, spread: timedelta) -> None:
    if task.platform:
        task.using(unique=_UNIQUE).enqueue()
    else:
        queue.insert_for_all(task, unique=_UNIQUE, spread=spread)
