"""A job runs apart from all others, for the user who enqueued it."""

from typing import Any
from unittest.mock import ANY

import pytest
from structlog.contextvars import bound_contextvars
from structlog.testing import capture_logs

from shared_apps.audit.models import AuditEntry
from shared_apps.core.request import Actor, acting
from shared_apps.jobs import queue, running
from shared_apps.jobs.models import Job
from shared_apps.jobs.turns import Turns
from shared_apps.organizations.models import Organization
from shared_apps.testing.jobs import run_jobs
from shared_apps.users.models import User
from tenantry.context import active_schema, tenant_context
from tests.conftest import InThread

from . import tasks


@pytest.fixture
def job(acme: Organization) -> Job:
    """A job that a worker has."""
    with tenant_context(acme):
        tasks.where.enqueue()
    claimed = Turns("default").claim("w1")
    assert claimed is not None
    return claimed


def test_the_audit_log_names_the_task_and_its_enqueuer(acme: Organization, alice: User) -> None:
    with acting(Actor(user=alice, address="203.0.113.9")), tenant_context(acme):
        tasks.records.enqueue()

    run_jobs()

    entry = AuditEntry.objects.latest("pk")
    assert (entry.actor, entry.actor_id, entry.address) == (alice.email, alice.pk, "203.0.113.9")
    assert entry.data == {"task": "tests.jobs.tasks.records"}


def test_log_lines_have_the_task_and_the_request_that_enqueued_it(acme: Organization) -> None:
    with bound_contextvars(request_id="r-7"), tenant_context(acme):
        tasks.records.enqueue()

    run_jobs()

    (_, bound) = tasks.ran[0]
    assert bound["request_id"] == "r-7"
    assert (bound["task"], bound["attempt"]) == ("tests.jobs.tasks.records", 1)


@pytest.mark.parametrize(
    ("task", "text", "level"),
    [(tasks.where, "task succeeded", "info"), (tasks.exits, "task failed", "error")],
)
def test_the_end_of_a_task_is_a_log_line_with_its_origin(
    acme: Organization, task: Any, text: str, level: str
) -> None:
    with bound_contextvars(request_id="r-7"), tenant_context(acme):
        task.enqueue()

    with capture_logs() as lines:
        run_jobs()

    (line,) = lines
    assert line.pop("exc_info") == (None if text == "task succeeded" else ANY)
    assert line == {
        "event": text,
        "log_level": level,
        "schema": "acme",
        "task": task.module_path,
        "job": Job.objects.get().pk,
        "attempt": 1,
        "request_id": "r-7",
    }


def test_a_job_that_lost_its_organization_fails(acme: Organization) -> None:
    with tenant_context(acme):
        tasks.where.enqueue()
    Job.objects.update(schema_name="")

    run_jobs()

    job = Job.objects.get()
    assert tasks.ran == []
    assert (job.status, job.errors[0]["exception_class_path"]) == (
        "FAILED",
        "tenantry.errors.NoTenantError",
    )


def test_a_task_that_this_release_does_not_have_waits(acme: Organization) -> None:
    with tenant_context(acme):
        tasks.where.enqueue()
    Job.objects.update(task="tests.jobs.tasks.renamed")

    run_jobs()

    job = Job.objects.get()
    assert (job.status, job.errors) == ("READY", [])
    assert job.run_after is not None


@pytest.mark.parametrize("path", ["os.system", "tests.jobs.tasks.ran", "no.module"])
def test_only_tasks_can_be_called(acme: Organization, path: str) -> None:
    with tenant_context(acme):
        tasks.where.enqueue()
    Job.objects.update(task=path, worker_ids=["lost"] * 9)

    run_jobs()

    job = Job.objects.get()
    assert (job.status, job.errors[0]["exception_class_path"]) == (
        "FAILED",
        "shared_apps.jobs.errors.UnknownTask",
    )


@pytest.mark.parametrize(
    "task", [tasks.leaves_a_mess, tasks.never_leaves_atomic, tasks.switches_autocommit_off]
)
def test_what_a_task_leaves_behind_ends_with_it(name: str, in_thread: InThread, task: Any) -> None:
    def enqueue_and_run() -> str | None:
        with tenant_context(name):
            task.enqueue()
            tasks.where.enqueue("next")
        run_jobs()
        return active_schema()

    assert in_thread(enqueue_and_run).result() is None
    assert tasks.ran == [(name, "next")]
    assert set(Job.objects.values_list("status", flat=True)) == {"SUCCESSFUL"}


@pytest.mark.parametrize(
    ("task", "error"),
    [
        (tasks.exits, "builtins.SystemExit"),
        (tasks.returns_what_json_cannot_hold, "builtins.TypeError"),
    ],
)
def test_whatever_ends_a_task_is_an_error(acme: Organization, task: Any, error: str) -> None:
    with tenant_context(acme):
        task.enqueue()

    run_jobs()

    assert Job.objects.get().errors[0]["exception_class_path"] == error


def test_a_worker_that_lost_its_lease_does_not_overwrite_the_result(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(leased_until="2000-01-01T00:00:00Z")
    queue.reclaim(error="[]")
    second = Turns("default").claim("w2")
    assert second is not None

    running.store(job, running.Outcome(value='"late"'))
    running.store(second, running.Outcome(value='"right"'))

    assert Job.objects.get().return_value == "right"
