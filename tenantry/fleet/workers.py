"""Migrates schemas in parallel, in processes forked after the parent has made the plans."""

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from typing import Any, TypeAlias

from django.db import connection, connections

from tenantry.errors import WorkersDied

from . import state
from .each import reconnecting
from .options import Outcome

Work = Callable[[str], Outcome]
Pipe: TypeAlias = "Connection[Any, Any]"

POLL_SECONDS = 0.5


@dataclass
class _Worker:
    process: ForkProcess
    pipe: Pipe
    schema_name: str | None = None


def usable_jobs(wanted: int) -> int:
    """Return how many of the workers the server has connections for; at least one."""
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
    return max(1, min(wanted, int(left)))


def run_in_workers(
    jobs: int, names: Iterable[str], work: Work, may_continue: Callable[[], bool]
) -> Iterator[Outcome]:
    """Yield the outcome of each schema as it finishes.

    Args:
        may_continue: called after each outcome and twice a second while names are left. When it
            returns False, each worker finishes its current schema.

    Raises:
        WorkersDied: all workers died before the last schema.
    """
    connections.close_all()  # A forked process must not use its parent's connections.
    waiting = deque(names)
    workers = _start(jobs, work)
    try:
        while (waiting and may_continue()) or any(worker.schema_name for worker in workers):
            if not workers:
                raise WorkersDied(f"All workers died; {len(waiting)} schemas were not started.")
            if waiting and may_continue():
                _assign(waiting, workers)
            yield from _collect(workers)
    except KeyboardInterrupt:
        for worker in workers:
            worker.process.terminate()  # PostgreSQL rolls its transaction back.
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
        # The worker closes its copies of the parent's pipe ends. While one is open, the other
        # workers do not notice that the parent died.
        inherited = [ours, *(worker.pipe for worker in workers)]
        process = fork.Process(target=_run_worker, args=(theirs, inherited, work), daemon=True)
        process.start()
        theirs.close()
        workers.append(_Worker(process, ours))
    return workers


def _run_worker(pipe: Pipe, inherited: list[Pipe], work: Work) -> None:
    # Ctrl-C reaches the whole process group; the parent handles it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for other in inherited:
        other.close()
    try:
        for schema_name in reconnecting(iter(pipe.recv, None)):
            pipe.send(work(schema_name))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        connection.close()  # The parent closed the pipe or died.


def _assign(waiting: deque[str], workers: list[_Worker]) -> None:
    for worker in workers:
        if waiting and worker.schema_name is None:
            try:
                worker.pipe.send(waiting[0])
            except BrokenPipeError:
                continue  # The worker died; `_collect` reports it.
            worker.schema_name = waiting.popleft()


def _collect(workers: list[_Worker]) -> Iterator[Outcome]:
    ready = wait([worker.pipe for worker in workers], timeout=POLL_SECONDS)
    for worker in [worker for worker in workers if worker.pipe in ready]:
        try:
            outcome = worker.pipe.recv()
        except (EOFError, ConnectionResetError):
            workers.remove(worker)
            if worker.schema_name is not None:
                yield _died(worker.schema_name)
        else:
            worker.schema_name = None
            yield outcome


def _died(schema_name: str) -> Outcome:
    error = "The worker process died."
    state.record_failure(schema_name, error)
    return Outcome(schema_name, error=error)
