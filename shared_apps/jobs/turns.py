"""Organizations take turns, in the order of their names, however many tasks one has."""

from collections import deque
from math import inf
from time import monotonic

from . import queue
from .models import Job

BATCH = 100
FRESH = 0.25  # seconds until a worker looks for organizations with new tasks


class Turns:
    """The turns of a queue, as one worker gives them.

    It reads some organizations with due tasks, and claims a task of each. A claim that walks past
    organizations itself is slow where many of them may not work.
    """

    def __init__(self, queue_name: str) -> None:
        self.queue_name = queue_name
        self._names: deque[str] = deque()
        self._are_all = False
        self._last: str | None = None
        self._read_at = -inf

    def was_empty(self) -> bool:
        """Return whether the queue had no due task when it was read a moment ago."""
        return self._is_fresh() and self._are_all and not self._names

    def claim(self, worker: str) -> Job | None:
        """Give a worker the first task of the next organization that has one."""
        if not self._is_fresh():
            self._names.clear()
        is_read = False
        while self._names or not is_read:
            if not self._names:
                self._read()
                is_read = True
                continue
            name = self._names.popleft()
            if job := queue.claim(queue_name=self.queue_name, schema_name=name, worker=worker):
                self._last = name
                if self._are_all:
                    self._names.append(name)
                return job
        self._last = None
        return None

    def _is_fresh(self) -> bool:
        return monotonic() - self._read_at <= FRESH

    def _read(self) -> None:
        names = queue.waiting(self.queue_name, after=self._last, limit=BATCH)
        if self._last is not None and len(names) < BATCH:
            names += queue.waiting(self.queue_name, after=None, limit=BATCH)
        self._names = deque(dict.fromkeys(names))
        self._are_all = len(self._names) < BATCH
        self._read_at = monotonic()
