"""One process of a worker: threads run jobs, and the main thread keeps their leases."""

import os
import random
import secrets
import socket
import time
from collections.abc import Callable, Sequence
from threading import Event, Lock, Thread
from time import monotonic

import structlog
from django.conf import settings
from django.db import Error, close_old_connections, connection

from . import queue, running
from .housekeeping import run_housekeeping
from .models import Job
from .turns import Turns

POLL = 0.5  # seconds between two looks into an empty queue
BEAT = 1.0  # seconds between two rounds of housekeeping
RETRY = 1.0  # seconds until a result is stored again that the database did not take

logger: structlog.stdlib.BoundLogger = structlog.get_logger("jobs")


class Worker:
    def __init__(
        self,
        *,
        queues: Sequence[str],
        threads: int,
        burst: bool = False,
        beat: Callable[[bool], None] = lambda _: None,
    ) -> None:
        """Create a worker.

        Args:
            queues: the names of the queues that it serves, in turns.
            threads: how many jobs it runs at the same time.
            burst: whether it ends when no job is due.
            beat: called each second, with whether the worker can reach the database.
        """
        self.name = f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(4)}"
        self._queues = list(map(Turns, queues))  # The one that was served last is the last one.
        self._threads, self._burst, self._beat = threads, burst, beat
        # No Event: a signal can interrupt another one's set(), which would wait for itself.
        self._stopping = False
        self._has_failed = False  # Only in burst.
        self._ended = Event()
        self._claiming = Lock()
        self._idle = Lock()  # Of all threads without a job, one looks for the next.
        # By `id()`: after a crash of PostgreSQL two threads can have the same attempt of a job.
        self._held: dict[int, Job] = {}

    def run(self) -> bool:
        """Run jobs until `stop`, or in burst until no job is due or the database is away.

        After `stop` it waits JOBS_GRACE seconds for the running jobs, and gives the rest back.

        Returns:
            False if a burst could not read the queue.
        """
        extended = self._keep(monotonic())  # Before the claims, since a burst may end immediately.
        threads = [Thread(target=self._work, daemon=True) for _ in range(self._threads)]
        for thread in threads:
            thread.start()
        Thread(target=self._wait_for, args=[threads], daemon=True).start()
        while not self._ended.wait(BEAT) and not self._stopping:
            extended = self._keep(extended)
        logger.info("stopping", running_tasks=len(self._held))
        stopped = monotonic()
        while not self._ended.wait(BEAT) and monotonic() - stopped < settings.JOBS_GRACE:
            extended = self._keep(extended)
        self._give_back()
        connection.close()
        return not self._has_failed

    def stop(self) -> None:
        """Claim no more jobs. Can be called in a signal handler."""
        self._stopping = True

    def _wait_for(self, threads: Sequence[Thread]) -> None:
        for thread in threads:
            thread.join()
        self._ended.set()

    # --- The threads ---

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                self._store(job, running.run(job))
            except Exception:
                # Not this thread's end. Another worker gets the job when the lease has ended.
                logger.exception("the end of a task failed", task=job.task, job=job.pk)
            finally:
                del self._held[id(job)]
        connection.close()

    def _next(self) -> Job | None:
        """Wait for a job and claim it; None when the thread has nothing more to do."""
        if (job := self._claim()) or self._burst:
            return job
        with self._idle:
            while not self._stopping:
                if job := self._claim():
                    return job
                time.sleep(POLL * random.uniform(0.75, 1.25))  # noqa: S311
        return None

    def _claim(self) -> Job | None:
        with self._claiming:
            if self._stopping or self._has_failed:
                return None
            try:
                close_old_connections()
                if job := self._claim_in_turn():
                    self._held[id(job)] = job
            except Error as error:
                self._has_failed = self._burst
                self._reconnect("tasks cannot be read", error)
                return None
            return job

    def _claim_in_turn(self) -> Job | None:
        # Each look into a queue is a round trip, so those that were empty a moment ago come last.
        for turns in sorted(self._queues, key=Turns.was_empty):
            if not self._has_its_share(turns.queue_name) and (job := turns.claim(self.name)):
                self._queues.remove(turns)
                self._queues.append(turns)
                return job
        return None

    def _has_its_share(self, queue_name: str) -> bool:
        """Return whether a queue with a limit has as many threads as it may."""
        share: int | None = settings.JOBS_QUEUE_THREADS.get(queue_name)
        if share is None or len(self._queues) == 1:
            return False
        return sum(job.queue_name == queue_name for job in list(self._held.values())) >= share

    def _store(self, job: Job, outcome: running.Outcome) -> None:
        """Store an outcome. While the database is away, try again until the lease has ended."""
        deadline = monotonic() + settings.JOBS_LEASE
        while monotonic() < deadline:
            try:
                running.store(job, outcome)
            except Error as error:
                self._reconnect("the result of a task cannot be stored", error)
                time.sleep(RETRY)
            else:
                return

    # --- The main thread ---

    def _keep(self, extended: float) -> float:
        """Extend the leases once in a quarter of their time, and run the housekeeping.

        Returns:
            When the leases were extended.
        """
        is_reached = False
        try:
            close_old_connections()
            if monotonic() - extended > settings.JOBS_LEASE / 4:
                if self._held:
                    queue.extend_leases(self.name, [job.pk for job in list(self._held.values())])
                extended = monotonic()
            run_housekeeping()
            is_reached = True
        except Error as error:
            self._reconnect("tasks cannot be kept", error)
        self._beat(is_reached)
        return extended

    def _give_back(self) -> None:
        for job in list(self._held.values()):
            try:
                queue.give_back(job)
                logger.warning("task given back", task=job.task, job=job.pk)
            except Error as error:
                self._reconnect("a task cannot be given back", error)

    def _reconnect(self, text: str, error: Error) -> None:
        logger.warning(text, reason=" ".join(str(error).split()))
        connection.close()
