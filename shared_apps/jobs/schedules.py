"""`@every`: tasks that are enqueued by the clock, once for all workers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from cronsim import CronSim, CronSimError
from django.utils import timezone

from .definitions import Task

TaskT = TypeVar("TaskT", bound=Task[..., Any])

_NAMED = {
    "hourly": "0 * * * *",
    "daily": "0 2 * * *",
    "weekly": "0 3 * * 0",
    "monthly": "0 4 1 * *",
}


@dataclass(frozen=True, slots=True)
class Schedule:
    """A task and its times, in UTC."""

    task: Task[..., Any]
    cron: str

    def next_after(self, moment: datetime) -> datetime:
        return next(CronSim(self.cron, moment))


schedules: dict[str, Schedule] = {}
"""Every schedule by the path of its task."""


def every(when: str) -> Callable[[TaskT], TaskT]:
    """Enqueue a task without arguments at certain times, in UTC. Place it above `@task`.

    A task of the platform is enqueued once, any other in each organization that may work, spread
    over up to ten minutes. If no worker runs at the time, the task is enqueued once, late.

    Args:
        when: `hourly`, `daily` (2:00), `weekly` (Sunday 3:00), `monthly` (the 1st, 4:00), or five
            fields of cron.

    Raises:
        ValueError: cron has no such time.
    """
    cron = _NAMED.get(when, when)
    try:
        next(CronSim(cron, timezone.now()))
    except (CronSimError, StopIteration) as error:
        reason = str(error) or "there is no such day"
        raise ValueError(f"every({when!r}): {reason}.") from error

    def define(task: TaskT) -> TaskT:
        schedules[task.module_path] = Schedule(task, cron)
        return task

    return define
