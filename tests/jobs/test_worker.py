"""A worker process, in this process."""

import os
from threading import Thread
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django import Settings

from shared_apps.jobs import queue, turns
from shared_apps.jobs.management.commands import run_jobs
from shared_apps.jobs.models import Job
from shared_apps.jobs.worker import Worker
from tenantry.context import tenant_context
from tests.conftest import InThread
from tests.dev.checkout import eventually

from . import tasks


def test_a_burst_runs_all_that_is_due_and_ends(name: str, in_thread: InThread) -> None:
    def enqueue() -> None:
        with tenant_context(name):
            for number in range(5):
                tasks.where.enqueue(str(number))

    in_thread(enqueue).result()

    in_thread(Worker(queues=["default"], threads=2, burst=True).run).result()

    assert sorted(note for _, note in tasks.ran) == ["0", "1", "2", "3", "4"]


def test_queues_with_tasks_take_turns(name: str, in_thread: InThread) -> None:
    def enqueue() -> None:
        with tenant_context(name):
            for queue_name in ["default"] * 3 + ["mail"] * 3:
                tasks.where.using(queue_name=queue_name).enqueue(queue_name)

    in_thread(enqueue).result()
    worker = Worker(queues=["default", "mail", "webhooks"], threads=1, burst=True)

    in_thread(worker.run).result()

    assert [note for _, note in tasks.ran] == ["default", "mail"] * 3


def test_an_empty_queue_is_not_read_for_each_task_of_another(
    name: str, in_thread: InThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    def enqueue() -> None:
        with tenant_context(name):
            for _ in range(20):
                tasks.where.enqueue()

    in_thread(enqueue).result()
    monkeypatch.setattr(turns, "FRESH", 3600)
    read: list[str] = []
    waiting = queue.waiting

    def noted(queue_name: str, **options: Any) -> list[str]:
        read.append(queue_name)
        return waiting(queue_name, **options)

    monkeypatch.setattr(queue, "waiting", noted)
    worker = Worker(queues=["default", "mail"], threads=1, burst=True)

    in_thread(worker.run).result()

    assert len(tasks.ran) == 20
    assert read.count("mail") <= 2  # At first, and before the burst ends.


def test_a_queue_with_a_share_leaves_threads_to_the_others(
    name: str, in_thread: InThread, settings: Settings
) -> None:
    settings.JOBS_QUEUE_THREADS = {"webhooks_slow": 2}
    settings.JOBS_PER_ORGANIZATION = 9

    def enqueue() -> None:
        with tenant_context(name):
            for _ in range(5):
                tasks.waits.using(queue_name="webhooks_slow").enqueue()
            for _ in range(3):
                tasks.where.enqueue()

    in_thread(enqueue).result()
    worker = Worker(queues=["default", "webhooks_slow"], threads=3, burst=True)
    thread = Thread(target=worker.run)
    tasks.released.clear()
    thread.start()
    eventually(lambda: tasks.ran.count((name, "")) == 3)
    before = list(tasks.ran)
    tasks.released.set()
    thread.join(timeout=20)

    assert sorted(before, key=str) == [(name, "")] * 3 + ["waits"] * 2
    assert tasks.ran.count("waits") == 5


def test_a_queue_that_is_named_is_the_only_one_served(
    name: str, in_thread: InThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    class InThisProcess:
        def __init__(self, *, queues: list[str], threads: int, burst: bool, **_: Any) -> None:
            self.worker = Worker(queues=queues, threads=threads, burst=burst)

        def run(self) -> None:
            in_thread(self.worker.run).result()

    def enqueue() -> None:
        with tenant_context(name):
            tasks.where.using(queue_name="mail").enqueue("mail")
            tasks.where.enqueue("default")

    in_thread(enqueue).result()
    monkeypatch.setattr(run_jobs, "Processes", InThisProcess)

    call_command("run_jobs", "--burst", "--queue", "mail")

    assert tasks.ran == [(name, "mail")]


def test_a_claim_that_postgresql_forgets_in_a_crash_ends_no_thread(
    name: str, in_thread: InThread, settings: Settings
) -> None:
    settings.JOBS_PER_ORGANIZATION = 9

    def enqueue() -> None:
        with tenant_context(name):
            tasks.waits.enqueue()

    def forget() -> None:
        Job.objects.update(status="READY", worker_ids=[], leased_until=None)

    def are_successful(number: int) -> bool:
        jobs = Job.objects.filter(status="SUCCESSFUL")
        return bool(in_thread(jobs.count).result() == number)

    tasks.released.clear()
    worker = Worker(queues=["default"], threads=2)
    thread = Thread(target=worker.run)
    thread.start()
    try:
        in_thread(enqueue).result()
        assert eventually(lambda: len(tasks.ran) == 1)
        in_thread(forget).result()
        assert eventually(lambda: len(tasks.ran) == 2)  # The same attempt, in both threads.
        tasks.released.set()
        assert eventually(lambda: are_successful(1))
        tasks.released.clear()

        in_thread(enqueue).result()
        in_thread(enqueue).result()
        assert eventually(lambda: len(tasks.ran) == 4)  # Both threads have one.
    finally:
        tasks.released.set()
        worker.stop()
        thread.join(timeout=10)

    assert are_successful(3)


@pytest.mark.usefixtures("name")  # It deletes what the worker commits.
def test_a_worker_that_is_stopped_ends() -> None:
    worker = Worker(queues=["default"], threads=2)
    thread = Thread(target=worker.run)
    thread.start()

    worker.stop()
    thread.join(timeout=10)

    assert not thread.is_alive()


def test_workers_have_different_names() -> None:
    names = {Worker(queues=["default"], threads=1).name for _ in range(3)}

    assert len(names) == 3
    assert all(str(os.getpid()) in name and len(name) <= 64 for name in names)
