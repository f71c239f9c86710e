"""Runs one job: in its organization, for the user who enqueued it, apart from all other jobs."""

import logging
import random
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import DEFAULT_DB_ALIAS, connection, connections, reset_queries
from psycopg2 import extensions
from structlog.contextvars import bound_contextvars

from shared_apps.core.outages import is_outage
from shared_apps.core.request import Actor, acting
from tenantry.context import require_schema, tenant_context
from tenantry.errors import NoTenantError

from . import queue
from .backend import JobsBackend
from .definitions import Task
from .errors import PermanentFailure, UnknownTask
from .models import Job
from .results import as_json, error_as_json, result_of, task_of
from .tasks_api import TaskContext, task_finished, task_started

FIRST_PAUSE = 10  # seconds; each further pause is three times as long
LONGEST_PAUSE = 3600
OUTAGE_PAUSE = 5
UNKNOWN_PAUSE = 60

_FINAL = (NoTenantError, PermanentFailure, UnknownTask)

logger: structlog.stdlib.BoundLogger = structlog.get_logger("jobs")


@dataclass(frozen=True, slots=True)
class Enqueuer:
    """The user who enqueued a job, for the audit log. The row may be gone or changed by now."""

    pk: int
    email: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a job left: a result or an error.

    Attributes:
        value: the result, as JSON.
    """

    value: str = ""
    error: BaseException | None = None


def run(job: Job) -> Outcome:
    """Call the job's function.

    It gets a copy of the context: what it leaves in ContextVars ends with it. What it leaves on the
    connection, such as an open transaction, ends too.
    """
    in_transaction = _is_in_transaction()  # Only in a test.
    try:
        return copy_context().run(_run, job)
    finally:
        reset_queries()
        if _is_in_transaction() and not in_transaction:
            connection.close()
            # Django keeps a closed connection in atomic() until its end, which never comes.
            del connections[DEFAULT_DB_ALIAS]


def _is_in_transaction() -> bool:
    if connection.connection is None:
        return False
    status = connection.connection.info.transaction_status
    return (
        status != extensions.TRANSACTION_STATUS_IDLE
        or connection.in_atomic_block
        or not connection.autocommit
    )


def _run(job: Job) -> Outcome:
    bound = {"task": job.task, "job": job.pk, "attempt": job.attempt}
    if job.request_id:
        bound["request_id"] = job.request_id
    with bound_contextvars(**bound), acting(_actor(job)):
        try:
            task = task_of(job)
            with tenant_context(None if task.platform else job.schema_name or None):
                return Outcome(value=as_json(_call(task, job)))
        except BaseException as error:  # noqa: BLE001 (a task can raise anything, SystemExit too)
            return Outcome(error=error)


def _actor(job: Job) -> Actor:
    user = Enqueuer(job.actor_id, job.actor) if job.actor_id else None
    return Actor(user=user, address=job.address, program=job.actor, task=job.task)


def _call(task: Task[Any, Any], job: Job) -> Any:
    if not task.platform:
        require_schema(f"{job} has lost its organization")
    result = result_of(job, task)
    task_started.send(JobsBackend, task_result=result)
    if task.takes_context:
        return task.call(TaskContext(task_result=result), *result.args, **result.kwargs)
    return task.call(*result.args, **result.kwargs)


def store(job: Job, outcome: Outcome) -> None:
    """Write the outcome of a job, and log it. Errors of the database are the caller's."""
    error = outcome.error
    if error is None:
        text, level = "task succeeded", logging.INFO
        stored = queue.succeed(job, value=outcome.value)
    elif _can_wait(error) and job.attempt <= job.retries + queue.MAX_LOST:
        text, level = "task put back", logging.WARNING
        stored = queue.give_back(job, pause=OUTAGE_PAUSE if is_outage(error) else UNKNOWN_PAUSE)
    else:
        again = job.failures < job.retries and not isinstance(error, _FINAL)
        text, level = "task failed", logging.ERROR
        if again:
            text, level = "task failed and will run again", logging.WARNING
        stored = queue.fail(job, error=error_as_json(error), pause=_pause(job), again=again)
    if stored is None:
        text, level = "task was given to another worker: its lease had ended", logging.WARNING
    _log(job, level, text, error)
    if stored and stored.finished_at and task_finished.has_listeners(JobsBackend):
        with suppress(UnknownTask):
            task_finished.send(JobsBackend, task_result=result_of(stored, task_of(stored)))


def _can_wait(error: BaseException) -> bool:
    """Return whether the cause is outside of the task: no database, or another release."""
    return is_outage(error) or isinstance(error, UnknownTask)


def _pause(job: Job) -> float:
    """Return the seconds until the next attempt. They vary, so that failed tasks spread out."""
    pause: float = min(FIRST_PAUSE * 3**job.failures, LONGEST_PAUSE)
    return pause * random.uniform(0.75, 1.25)  # noqa: S311


def _log(job: Job, level: int, text: str, error: BaseException | None) -> None:
    bound = logger.bind(task=job.task, job=job.pk, attempt=job.attempt, request_id=job.request_id)
    exc_info = error and (type(error), error, error.__traceback__)
    bound.log(level, text, schema=job.schema_name, exc_info=exc_info)
