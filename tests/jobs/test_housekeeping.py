"""What one worker does each second. No error and no lock keeps it from the rest."""

from datetime import timedelta
from threading import Event
from typing import Any
from unittest.mock import patch

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone
from structlog.testing import capture_logs

from shared_apps.jobs import every, housekeeping, queue
from shared_apps.jobs.housekeeping import run_housekeeping
from shared_apps.jobs.models import Job, ScheduleState
from shared_apps.jobs.schedules import schedules
from shared_apps.jobs.tasks_api import task_enqueued
from shared_apps.jobs.turns import Turns
from tenantry.context import tenant_context
from tests.conftest import InThread

from . import tasks

PAST = timedelta(seconds=1)


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the function of an app, the last one, has written."""
    done: list[str] = []
    monkeypatch.setattr(housekeeping, "_functions_of_apps", [lambda: done.append("done")])
    return done


def test_an_app_can_do_something_each_second(db: None, done: list[str]) -> None:
    run_housekeeping()

    assert done == ["done"]


def test_an_error_in_one_function_is_logged_and_does_not_stop_the_others(
    db: None, done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def promote() -> None:
        raise ValueError("a defect")

    monkeypatch.setattr(queue, "promote", promote)

    with capture_logs() as lines:
        run_housekeeping()

    assert done == ["done"]
    assert [(line["event"], line["function"].split(".")[-1]) for line in lines] == [
        ("housekeeping failed", "promote")
    ]


def test_a_database_that_is_away_ends_the_round(
    db: None, done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def promote() -> None:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(queue, "promote", promote)

    with capture_logs() as lines, pytest.raises(OperationalError):
        run_housekeeping()

    assert (done, lines) == ([], [])


def test_an_open_transaction_with_a_unique_key_delays_no_other_function(
    name: str, in_thread: InThread, done: list[str]
) -> None:
    once = tasks.where.using(unique="report")
    inserted, release = Event(), Event()

    def enqueue_and_lose() -> None:
        with tenant_context(name):
            once.enqueue()
        Turns("default").claim("died")
        Job.objects.update(leased_until=timezone.now() - PAST)

    def insert_and_wait() -> None:
        with tenant_context(name), transaction.atomic():
            once.enqueue()
            inserted.set()
            release.wait(timeout=20)

    in_thread(enqueue_and_lose).result()
    holding = in_thread(insert_and_wait)
    try:
        assert inserted.wait(timeout=10)
        in_thread(run_housekeeping).result(timeout=5)
        assert done == ["done"]
    finally:
        release.set()
        holding.result()

    in_thread(run_housekeeping).result()
    assert Job.objects.filter(status="READY").count() == 2


@pytest.mark.usefixtures("name")
def test_a_schedule_is_due_once_however_many_workers_run(in_thread: InThread) -> None:
    begun, release = Event(), Event()
    enqueued: list[Any] = []

    def hold(**_: Any) -> None:
        """Let the second worker come while the first is about to commit."""
        enqueued.append(None)
        begun.set()
        release.wait(timeout=20)

    def make_due() -> None:
        path, schedule = next(iter(schedules.items()))
        due_at = timezone.now() - PAST
        ScheduleState.objects.create(task=path, cron=schedule.cron, due_at=due_at)

    with patch.dict(schedules, clear=True):
        every("hourly")(tasks.on_the_platform)
        in_thread(make_due).result()
        task_enqueued.connect(hold)
        try:
            first = in_thread(run_housekeeping)
            assert begun.wait(timeout=10)
            in_thread(run_housekeeping).result(timeout=5)
        finally:
            release.set()
            task_enqueued.disconnect(hold)
        first.result()
        in_thread(run_housekeeping).result()

    assert len(enqueued) == 1
    assert Job.objects.count() == 1
