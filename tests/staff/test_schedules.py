"""What operators ran by cron is done by a worker: each schedule is enqueued and does its work."""

from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from shared_apps.api.models import IdempotencyKey
from shared_apps.jobs.housekeeping import enqueue_due
from shared_apps.jobs.models import Job, ScheduleState
from shared_apps.jobs.schedules import schedules
from shared_apps.organizations.models import Organization
from shared_apps.staff import tasks
from shared_apps.testing.jobs import run_jobs
from tenant_apps.orders.models import Order
from tenantry.context import tenant_context
from tenantry.fleet import state
from tenantry.fleet.state import SchemaState

OURS = {
    "clear_expired_sessions": "0 2 * * *",
    "clear_idempotency_keys": "0 2 * * *",
    "measure_sizes": "0 * * * *",
    "compare_with_template": "0 3 * * *",
    "check_references": "0 3 * * 0",
}


def run(name: str) -> Job:
    """Run a schedule's task as a worker does when it is due."""
    path = f"shared_apps.staff.tasks.{name}"
    due = timezone.now() - timedelta(seconds=1)
    for each, schedule in schedules.items():
        later = due if each == path else due + timedelta(days=1)
        ScheduleState.objects.create(task=each, cron=schedule.cron, due_at=later)
    enqueue_due()
    run_jobs()
    return Job.objects.get(task=path)


def test_the_schedules_of_the_platform_have_these_times() -> None:
    found = {
        path.rpartition(".")[2]: schedule.cron
        for path, schedule in schedules.items()
        if path.startswith("shared_apps.staff.")
    }

    assert found == OURS
    assert all(getattr(tasks, name).platform for name in OURS)


def test_expired_sessions_are_deleted(db: None) -> None:
    store = import_module(settings.SESSION_ENGINE).SessionStore
    expired, live = store(), store()
    for session, age in ((expired, -60), (live, 60)):
        session.set_expiry(timezone.now() + timedelta(seconds=age))
        session.save()

    assert run("clear_expired_sessions").status == "SUCCESSFUL"

    left = Session.objects.values_list("session_key", flat=True)
    assert live.session_key in left
    assert expired.session_key not in left


def test_expired_idempotency_keys_are_deleted(acme: Organization) -> None:
    now = timezone.now()
    IdempotencyKey.objects.bulk_create(
        IdempotencyKey(
            schema_name="acme",
            caller="1",
            key=str(hours),
            request="x",
            status=201,
            created_at=now - timedelta(hours=hours),
        )
        for hours in (23, 25)
    )

    assert run("clear_idempotency_keys").return_value == 1

    assert IdempotencyKey.objects.get().key == "23"


def test_schemas_are_measured(acme: Organization, globex: Organization) -> None:
    assert run("measure_sizes").return_value == 2

    measured = SchemaState.objects.filter(size__gt=8192).values_list("pk", flat=True)
    assert set(measured) == {"acme", "globex"}


@pytest.fixture
def migrated(acme: Organization, globex: Organization) -> None:
    for name in ("acme", "globex"):
        state.refresh(name)


@pytest.mark.usefixtures("migrated")
def test_schemas_are_compared_with_the_template() -> None:
    assert run("compare_with_template").status == "SUCCESSFUL"

    assert SchemaState.objects.filter(compared_at__isnull=False).count() == 2


@pytest.mark.usefixtures("migrated")
def test_drift_fails_the_task_so_that_staff_and_the_log_have_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE acme.tenantry_items_item ADD COLUMN colour text")

    job = run("compare_with_template")

    assert job.status == "FAILED"
    assert "These schemas differ from the template: acme." in job.last_error
    assert SchemaState.objects.get(pk="acme").differences
    (line,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "differ from the template: acme" in str(line.msg)


def test_valid_references_pass(acme: Organization, globex: Organization) -> None:
    assert run("check_references").status == "SUCCESSFUL"


def test_references_to_missing_rows_fail_the_task(
    acme: Organization, globex: Organization, caplog: pytest.LogCaptureFixture
) -> None:
    with tenant_context(acme):
        for _ in range(3):
            Order.objects.create(user_id=987_654)

    job = run("check_references")

    assert job.status == "FAILED"
    assert "3 rows refer to missing rows: acme tenantry_orders.Order.user (3)." in job.last_error
    assert [record.levelname for record in caplog.records] == ["ERROR"]


@pytest.mark.parametrize("name", OURS)
def test_a_second_run_does_no_harm(acme: Organization, name: str) -> None:
    function: Callable[[], Any] = getattr(tasks, name).func

    assert function() == function() or name == "clear_idempotency_keys"
