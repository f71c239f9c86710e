"""Processes that migrate schemas side by side, forked from a parent that has planned already."""

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess

from django.db import connection

from ..errors import WorkersGone
from . import state
from .schema import Outcome

Work = Callable[[str], Outcome]

IN_HAND = 2
"""Schemas a worker has at a time: the one it migrates, and the next, so that it never waits."""

POLL_SECONDS = 0.5


@dataclass
class _Worker:
    process: ForkProcess
    pipe: "Connection[str | None, Outcome]"
    names: deque[str] = field(default_factory=deque)


def usable_jobs(wanted: int) -> int:
    """Return how many of the wanted workers the server has connections for; at least one."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT current_setting('max_connections')::int
                - current_setting('superuser_reserved_connections')::int
                - coalesce(current_setting('reserved_connections', true)::int, 0)
                - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')
            """
        )
        (left,) = cursor.fetchone()
    return max(1, min(wanted, left))


def run_in_workers(
    jobs: int, names: Iterable[str], work: Work, go_on: Callable[[], bool]
) -> Iterator[Outcome]:
    """Yield the outcome of each schema, in the order in which they are done.

    Args:
        go_on: asked between two outcomes and twice a second; once it says no, workers finish
            what they have in hand.

    Raises:
        WorkersGone: when schemas are left and no worker is.
    """
    connection.close()  # A forked process must not use its parent's.
    waiting = deque(names)
    workers = _start(jobs, work)
    try:
        while (go_on() and waiting) or any(worker.names for worker in workers):
            if waiting and not workers:
                raise WorkersGone(f"All workers died; {len(waiting)} schemas were not begun.")
            if go_on():
                _hand_out(waiting, workers)
            for worker in _ready(workers):
                try:
                    yield worker.pipe.recv()
                except (EOFError, ConnectionResetError):
                    workers.remove(worker)
                    if worker.names:
                        yield _died(worker.names.popleft())
                    waiting.extend(worker.names)
                else:
                    worker.names.popleft()
    except KeyboardInterrupt:
        for worker in workers:
            worker.process.terminate()  # What is not committed is rolled back.
        raise
    finally:
        for worker in workers:
            worker.pipe.close()
            worker.process.join()


def _start(jobs: int, work: Work) -> list[_Worker]:
    fork = multiprocessing.get_context("fork")
    workers: list[_Worker] = []
    for _ in range(jobs):
        ours, theirs = fork.Pipe()
        # Its copies of the parent's ends would keep the other workers from noticing its death.
        inherited = [ours, *(worker.pipe for worker in workers)]
        process = fork.Process(target=_serve, args=(theirs, inherited, work), daemon=True)
        process.start()
        theirs.close()
        workers.append(_Worker(process, ours))
    return workers


def _serve(pipe: Connection, inherited: list[Connection], work: Work) -> None:
    # A Ctrl-C reaches the whole group; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for other in inherited:
        other.close()
    try:
        while True:
            pipe.send(work(pipe.recv()))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        connection.close()  # The parent wants no more, or is gone.


def _hand_out(waiting: deque[str], workers: list[_Worker]) -> None:
    for worker in workers:
        while waiting and len(worker.names) < IN_HAND:
            try:
                worker.pipe.send(waiting[0])
            except BrokenPipeError:
                break  # It died; its end is noticed when it is read.
            worker.names.append(waiting.popleft())


def _ready(workers: list[_Worker]) -> list[_Worker]:
    """Wait a little for workers that have something to tell, or have died."""
    ready = wait([worker.pipe for worker in workers], timeout=POLL_SECONDS)
    return [worker for worker in workers if worker.pipe in ready]


def _died(schema_name: str) -> Outcome:
    error = "The worker process died."
    state.record_failure(schema_name, error)
    return Outcome(schema_name, error=error)
