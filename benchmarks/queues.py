"""Our queue and its peers: how each is filled, and how long its workers need."""

import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import cycle, islice

import redis
from celery import Celery
from django.db import connection, transaction

from shared_apps.jobs.models import Job
from tenantry.context import tenant_context

from .database import database_url
from .peers import OURS
from .queued import read_item
from .serving import ROOT

PATIENCE = 120  # seconds for the workers to run all tasks
_SETTINGS = "benchmarks.peers.queues.settings"


class Queue(ABC):
    """A queue with workers, each one process.

    Attributes:
        name: its name in the table.
    """

    name: str

    @abstractmethod
    def fill(self, number: int) -> None:
        """Add tasks that each read one row."""

    @abstractmethod
    def seconds(self, workers: int) -> float:
        """Let workers run all tasks.

        Returns:
            Seconds from the start of the first task to the end of the last one.
        """


class Ours(Queue):
    """`run_jobs`, with the tasks spread over organizations."""

    name = "ours"

    def __init__(self, schemas: list[str]) -> None:
        self._schemas = schemas

    @transaction.atomic
    def fill(self, number: int) -> None:
        Job.objects.all().delete()
        for schema in islice(cycle(self._schemas), number):
            with tenant_context(schema):
                read_item.enqueue(1)

    def seconds(self, workers: int) -> float:
        _run(["manage.py", "run_jobs", "--burst", f"--processes={workers}"])
        return _seconds_of("public.tenantry_jobs_job", f"task = '{read_item.module_path}'")


class DjangoTasksDb(Queue):
    """`db_worker`, once for each worker."""

    name = "django-tasks-db"

    def __init__(self) -> None:
        self._call("make_queue()")

    def fill(self, number: int) -> None:
        self._call(f"fill({number})")

    def _call(self, code: str) -> None:
        code = f"from benchmarks.peers.queues import tasks; tasks.{code}"
        _run(["-m", "django", "shell", "--no-imports", "-c", code], settings=_SETTINGS)

    def seconds(self, workers: int) -> float:
        worker = ["db_worker", "--backend=peer", "--skip-checks", "--batch", "--interval=0"]
        _run(*[["-m", "django", *worker]] * workers, settings=_SETTINGS)
        return _seconds_of("bench1.django_tasks_database_dbtaskresult")


class CeleryOnRedis(Queue):
    """Celery's worker with one child process for each worker."""

    name = "Celery, acks_late"

    def __init__(self, url: str) -> None:
        self._broker = url.replace("unix://", "redis+socket://")
        self._redis = redis.Redis.from_url(url)

    def fill(self, number: int) -> None:
        with Celery(broker=self._broker) as app:
            for _ in range(number):
                app.send_task("benchmarks.peers.queues.celery.read_item", [1])

    def seconds(self, workers: int) -> float:
        number = self._waiting()
        celery = [
            "-m",
            "celery",
            "--app=benchmarks.peers.queues.celery",
            "worker",
            "--loglevel=INFO",
        ]
        with _running([*celery, f"--concurrency={workers}"], {"BENCH_BROKER": self._broker}):
            self._wait_for(number - 1)
            started = time.perf_counter()
            self._wait_for(0)
            return time.perf_counter() - started

    def _waiting(self) -> int:
        """Return how many tasks no worker has acknowledged."""
        pipeline = self._redis.pipeline()
        pipeline.llen("celery")
        pipeline.hlen("unacked")
        waiting, taken = pipeline.execute()
        return int(waiting) + int(taken)

    def _wait_for(self, number: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while self._waiting() > number:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self._waiting()} tasks wait after {PATIENCE} seconds.")
            time.sleep(0.01)


def _seconds_of(table: str, where: str = "true") -> float:
    """Return the seconds from the first start to the last end of a table's tasks.

    Raises:
        RuntimeError: a task did not succeed.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM max(finished_at) - min(started_at)), "
            f"count(*) FILTER (WHERE status <> 'SUCCESSFUL') FROM {table} WHERE {where}"  # noqa: S608 (constants)
        )
        seconds, left = cursor.fetchone() or (0, 0)
    if left:
        raise RuntimeError(f"{left} tasks in {table} did not succeed.")
    return float(seconds)


def _run(*commands: list[str], settings: str = "config.settings") -> None:
    """Run Python processes at the same time until all end."""
    with ExitStack() as stack:
        processes = [
            stack.enter_context(_running(command, {"DJANGO_SETTINGS_MODULE": settings}))
            for command in commands
        ]
        for process in processes:
            if process.wait(PATIENCE):
                raise RuntimeError(f"{process.args!r} failed.")


@contextmanager
def _running(
    command: list[str], environment: Mapping[str, str]
) -> "Iterator[subprocess.Popen[bytes]]":
    """Run a Python process as in production; its log goes to a file, as a server's does."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env={**OURS.environment(database_url()), **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            yield process
        except BaseException:
            log.seek(0)
            sys.stderr.write(log.read().decode())
            raise
        finally:
            process.terminate()
            process.wait(PATIENCE)
