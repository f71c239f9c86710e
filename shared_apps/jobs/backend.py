"""The backend of Django's tasks: `enqueue` writes a row in the caller's transaction."""

from typing import Any

from django.utils import timezone
from structlog.contextvars import get_contextvars

from shared_apps.core.request import current_actor
from tenantry.context import active_schema, require_schema
from tenantry.roles import as_owner

from . import queue
from .definitions import Task
from .models import Job
from .results import as_json, result_of, task_of
from .tasks_api import BaseTaskBackend, TaskResult, TaskResultDoesNotExist, task_enqueued


class JobsBackend(BaseTaskBackend):
    """Keeps tasks in the table of `Job`. A task remembers the organization that is active now."""

    task_class = Task
    supports_defer = True
    supports_async_task = True
    supports_get_result = True
    supports_priority = True

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        """Add a task, or return the result of the waiting one with the same `unique`.

        Raises:
            NoTenantError: it is a task of an organization, and none is active.
            TypeError, ValueError: an argument is not JSON.
        """
        self.validate_task(task)
        job = queue.insert(_row(task, args, kwargs))
        result = result_of(job, task)
        task_enqueued.send(type(self), task_result=result)
        return result

    def get_result(self, result_id: str) -> "TaskResult[..., Any]":
        """Return a task of the active organization; without one, of the platform.

        Raises:
            TaskResultDoesNotExist: there is none, or it belongs to another organization.
        """
        jobs = Job.objects.filter(schema_name=active_schema() or "")
        try:
            with as_owner(reason="The queue of all organizations is one table."):
                job = jobs.get(pk=int(result_id))
        except (Job.DoesNotExist, ValueError) as error:
            raise TaskResultDoesNotExist(result_id) from error
        return result_of(job, task_of(job))


def _row(task: Task[Any, Any], args: Any, kwargs: Any) -> list[Any]:
    """Return the columns of a new job, in the order of `queue.insert`."""
    actor = current_actor()
    due = task.run_after is None or task.run_after <= timezone.now()
    return [
        "" if task.platform else require_schema(f"{task.module_path} is a task of an organization"),
        task.module_path,
        task.queue_name,
        task.priority,
        as_json({"args": args, "kwargs": kwargs}),
        task.retries,
        task.unique,
        None if due else task.run_after,
        actor.user.pk if actor.user else None,
        queue.name_of(actor),
        actor.address,
        get_contextvars().get("request_id", ""),
    ]
