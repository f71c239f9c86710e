"""Reads and writes of the queue, which is one table for all organizations.

A worker owns a job until `leased_until`, and extends that while the job runs. What it writes in the
end counts only if the job is still its own (`_OWN`).
"""

import json
import random
import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import JSONField
from django.utils import timezone

from shared_apps.audit.storable import storable_text
from shared_apps.core.request import Actor, current_actor
from tenantry.fleet.state import digest_of_code
from tenantry.roles import as_owner

from .definitions import Task
from .models import Job
from .tenants import active_tenants

MAX_LOST = 5
"""How many workers may die with a job, on top of its attempts, before it fails."""

_FIELDS = Job._meta.concrete_fields
_JSON = [number for number, field in enumerate(_FIELDS) if isinstance(field, JSONField)]
_NAMES = [field.attname for field in _FIELDS]
_COLUMNS = ", ".join(f"job.{field.column}" for field in _FIELDS)

_INSERT = f"""
    INSERT INTO public.tenantry_jobs_job AS job (
        schema_name, task, queue_name, priority, arguments, retries, unique_key, run_after,
        actor_id, actor, address, request_id,
        status, failures, worker_ids, errors, enqueued_at
    ) VALUES (
        %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s,
        'READY', 0, '{{}}', '[]', statement_timestamp()
    )
    ON CONFLICT (schema_name, task, unique_key) WHERE status = 'READY' AND unique_key <> ''
    DO UPDATE SET unique_key = excluded.unique_key
    RETURNING {_COLUMNS}
"""  # noqa: S608 (constants of this module, as below)
# Workers claim tasks of one organization one after the other, so that `at_once` is exact. A claim
# need not wait for the disk: if the server crashes and forgets it, the job is claimed again. Then
# two threads run the same attempt, in one process even for the same worker (`_OWN`): the job has
# the outcome of the thread that ends first.
_CLAIM = """
    SET LOCAL synchronous_commit TO off;
    SELECT pg_advisory_xact_lock(hashtext('tenantry_jobs'), hashtext(%(schema)s));
"""
# By its estimated costs, PostgreSQL could compile the statement, which takes longer than to run it.
_WAITING = "SET LOCAL jit TO off;"
_MAY_WORK = """
    (SELECT true FROM ({tenants}) AS tenant WHERE tenant.schema_name = {schema})
    AND (%(digest)s = '' OR (
        SELECT true FROM public.tenancy_schemastate AS state
        WHERE state.schema_name = {schema} AND state.applied = %(digest)s AND state.error = ''
    ))
"""
_OWN = """
    WHERE job.id = %(id)s AND job.status = 'RUNNING'
        AND cardinality(job.worker_ids) = %(attempt)s
        AND job.worker_ids[%(attempt)s] = %(worker)s
"""
# The key of a job that waits again; another one of the same key can wait by now. Or its worker has
# died too, and the same statement takes both back.
_KEY = """
    unique_key = CASE WHEN job.unique_key <> '' AND EXISTS (
        SELECT FROM public.tenantry_jobs_job AS other
        WHERE other.schema_name = job.schema_name AND other.unique_key = job.unique_key
            AND other.task = job.task AND (
                (other.status = 'READY' AND other.unique_key <> '')
                OR (other.status = 'RUNNING' AND other.leased_until < statement_timestamp()
                    AND other.id < job.id)
            )
    ) THEN '' ELSE job.unique_key END
"""
_SUCCEED = f"""
    UPDATE public.tenantry_jobs_job AS job
    SET status = 'SUCCESSFUL', finished_at = statement_timestamp(), leased_until = NULL,
        return_value = %(value)s
    {_OWN}
    RETURNING {_COLUMNS}
"""  # noqa: S608
_FAIL = f"""
    UPDATE public.tenantry_jobs_job AS job
    SET status = CASE WHEN failures < retries AND %(again)s THEN 'READY' ELSE 'FAILED' END,
        finished_at = CASE WHEN failures < retries AND %(again)s THEN NULL::timestamptz
            ELSE statement_timestamp() END,
        run_after = statement_timestamp() + make_interval(secs => %(pause)s),
        failures = failures + 1, errors = errors || %(error)s::jsonb, leased_until = NULL, {_KEY}
    {_OWN}
    RETURNING {_COLUMNS}
"""  # noqa: S608
_GIVE_BACK = f"""
    UPDATE public.tenantry_jobs_job AS job
    SET status = 'READY', leased_until = NULL, {_KEY}, due_since = statement_timestamp(),
        run_after = CASE WHEN %(pause)s > 0
        THEN statement_timestamp() + make_interval(secs => %(pause)s) END
    {_OWN}
    RETURNING {_COLUMNS}
"""  # noqa: S608
_RECLAIM = f"""
    UPDATE public.tenantry_jobs_job AS job
    SET status = CASE WHEN cardinality(worker_ids) <= retries + %(lost)s THEN 'READY'
            ELSE 'FAILED' END,
        finished_at = CASE WHEN cardinality(worker_ids) <= retries + %(lost)s
            THEN NULL::timestamptz ELSE statement_timestamp() END,
        errors = errors || %(error)s::jsonb, leased_until = NULL, run_after = NULL, {_KEY},
        due_since = statement_timestamp()
    WHERE job.status = 'RUNNING' AND job.leased_until < statement_timestamp()
    RETURNING {_COLUMNS}
"""  # noqa: S608
_PROMOTE = """
    UPDATE public.tenantry_jobs_job SET run_after = NULL, due_since = run_after
    WHERE id IN (
        SELECT id FROM public.tenantry_jobs_job
        WHERE status = 'READY' AND run_after <= statement_timestamp()
        ORDER BY run_after LIMIT 10000
        FOR UPDATE SKIP LOCKED
    )
"""
_EXTEND = """
    UPDATE public.tenantry_jobs_job
    SET leased_until = statement_timestamp() + make_interval(secs => %s)
    WHERE id = ANY(%s) AND status = 'RUNNING' AND worker_ids[cardinality(worker_ids)] = %s
    RETURNING id
"""


def insert(values: Sequence[Any]) -> Job:
    """Add a job in the caller's transaction, or return the waiting one with the same unique key.

    Args:
        values: the columns of `_INSERT` before `status`.
    """
    with as_owner(reason="The queue of all organizations is one table."):
        return _jobs(_INSERT, values)[0]


def name_of(actor: Actor) -> str:
    """Return the name of an actor, cut to what `Job.actor` can hold, as in the audit log."""
    return storable_text(actor.user.email if actor.user else actor.program, 254)


def insert_for_all(task: Task[..., Any], *, unique: str, spread: timedelta) -> None:
    """Add a job in each tenant that may work, where none with this unique key waits.

    Args:
        spread: the jobs begin at random moments of this time from now.
    """
    now, actor = timezone.now(), name_of(current_actor())
    Job.objects.bulk_create(
        (
            Job(
                schema_name=schema_name,
                task=task.module_path,
                queue_name=task.queue_name,
                priority=task.priority,
                arguments={"args": [], "kwargs": {}},
                retries=task.retries,
                unique_key=unique,
                run_after=now + spread * random.random(),  # noqa: S311
                enqueued_at=now,
                actor=actor,
            )
            for schema_name in active_tenants().values_list("schema_name", flat=True)
        ),
        batch_size=1000,
        ignore_conflicts=True,
    )


def waiting(queue_name: str, *, after: str | None, limit: int) -> list[str]:
    """Return organizations with due jobs that may work, by schema name; empty for the platform.

    Args:
        after: begin after this schema name; None to begin with the platform.
    """
    sql, values = _with_tenants("waiting")
    named = {**values, "queue": queue_name, "after": after, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(_WAITING + sql, named | _digest())  # noqa: S608 (compiled by Django)
        return [name for (name,) in cursor]


def claim(*, queue_name: str, schema_name: str, worker: str) -> Job | None:
    """Give a worker the next job of an organization, or of the platform, if it may work."""
    sql, values = _with_tenants("claim")
    named = {
        **values,
        "queue": queue_name,
        "schema": schema_name,
        "worker": worker,
        "lease": settings.JOBS_LEASE,
        "at_once": settings.JOBS_PER_ORGANIZATION,
    }
    return next(iter(_jobs(_CLAIM + sql, named | _digest())), None)  # noqa: S608 (as above)


def _digest() -> dict[str, str]:
    return {"digest": digest_of_code() if settings.REQUIRE_MIGRATED_SCHEMA else ""}


@cache
def _with_tenants(name: str) -> tuple[str, dict[str, Any]]:
    """Return a statement with the query of the tenants that may work, and that query's values."""
    tenants, values = active_tenants().values("schema_name").query.sql_with_params()
    named = {f"tenant{number}": value for number, value in enumerate(values)}
    tenants %= tuple(f"%({name})s" for name in named)
    sql = (Path(__file__).parent / "sql" / f"{name}.sql").read_text()

    def may_work(comment: re.Match[str]) -> str:
        return _MAY_WORK.format(tenants=tenants, schema=comment[1])

    sql = re.sub(r"/\* may work: (\S+) \*/", may_work, sql)
    return sql.replace("/* columns */", _COLUMNS), named


def succeed(job: Job, *, value: str) -> Job | None:
    """Store the result, as JSON. Return the job, or None if it is no longer the worker's own."""
    return _write(_SUCCEED, job, value=value)


def fail(job: Job, *, error: str, pause: float, again: bool) -> Job | None:
    """Store an error, as JSON. The job waits for its next attempt, or it has failed.

    Args:
        pause: seconds until the next attempt.
        again: whether another attempt can help.
    """
    return _write(_FAIL, job, error=error, pause=pause, again=again)


def give_back(job: Job, *, pause: float = 0) -> Job | None:
    """Let another worker run the job, after a pause in seconds."""
    return _write(_GIVE_BACK, job, pause=pause)


def _write(sql: str, job: Job, **values: Any) -> Job | None:
    own = {"id": job.pk, "attempt": job.attempt, "worker": job.worker_ids[-1]}
    return next(iter(_jobs(sql, {**own, **values})), None)


def extend_leases(worker: str, ids: Iterable[int]) -> set[int]:
    """Extend the leases of a worker's jobs, and return those that are still its own."""
    with connection.cursor() as cursor:
        cursor.execute(_EXTEND, [settings.JOBS_LEASE, list(ids), worker])
        return {pk for (pk,) in cursor}


def reclaim(*, error: str) -> list[Job]:
    """Take back the jobs of workers that died; a job that several workers died with has failed."""
    return _jobs(_RECLAIM, {"lost": MAX_LOST, "error": error})


def promote() -> None:
    """Move the jobs that are due now to those that can be claimed."""
    with connection.cursor() as cursor:
        cursor.execute(_PROMOTE)


def _jobs(sql: str, values: Any) -> list[Job]:
    """Run a statement that returns `_COLUMNS`. `raw()` takes longer than the rest of a claim."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows = [list(row) for row in cursor]
    for row, number in product(rows, _JSON):
        if row[number] is not None:
            row[number] = json.loads(row[number])
    return [Job.from_db(connection.alias, _NAMES, row) for row in rows]
