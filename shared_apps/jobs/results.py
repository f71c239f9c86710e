"""A row of the queue as Django's TaskResult."""

import json
import re
from typing import Any

from django.utils.module_loading import import_string

from shared_apps.audit.storable import storable_text
from shared_apps.core.texts import is_storable
from tenantry.postgres.logs import traceback_without_rows

from .definitions import Task
from .errors import UnknownTask
from .models import Job
from .tasks_api import TaskError, TaskResult, TaskResultStatus, normalize_json

_LONGEST_TRACEBACK = 10_000  # characters
# json.dumps() writes a NUL like this; `\\u0000` is other text.
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def task_of(job: Job) -> Task[Any, Any]:
    """Return the task with the job's options.

    Raises:
        UnknownTask: the code has no such task.
    """
    try:
        task = import_string(job.task)
    except ImportError as error:
        raise UnknownTask(job.task) from error
    if not isinstance(task, Task):
        raise UnknownTask(job.task)
    return task.using(priority=job.priority, queue_name=job.queue_name, run_after=job.run_after)


def result_of(job: Job, task: Task[Any, Any]) -> "TaskResult[..., Any]":
    result: TaskResult[..., Any] = TaskResult(
        task=task,
        id=str(job.pk),
        status=TaskResultStatus(job.status),
        enqueued_at=job.enqueued_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        last_attempted_at=job.last_attempted_at,
        args=job.arguments["args"],
        kwargs=job.arguments["kwargs"],
        backend=task.backend,
        errors=[TaskError(**error) for error in job.errors],
        worker_ids=job.worker_ids,
    )
    object.__setattr__(result, "_return_value", job.return_value)  # Django's backends do so, too.
    return result


def as_json(value: Any) -> str:
    """Return a value as JSON that PostgreSQL can store.

    Raises:
        TypeError: a part of the value is not JSON.
        ValueError: it has NaN, infinity, a NUL character or a lone surrogate.
    """
    text = json.dumps(normalize_json(value), ensure_ascii=False, allow_nan=False)
    if _NUL.search(text) or not is_storable(text):
        raise ValueError("Values of tasks cannot contain NUL characters or lone surrogates.")
    return text


def error_as_json(error: BaseException) -> str:
    """Return an error as an item of `Job.errors`, without the rows that PostgreSQL quotes."""
    kind = type(error)
    traceback = traceback_without_rows((kind, error, error.__traceback__))
    shown = {
        "exception_class_path": f"{kind.__module__}.{kind.__qualname__}",
        "traceback": storable_text(traceback[-_LONGEST_TRACEBACK:]),
    }
    return json.dumps([shown])
