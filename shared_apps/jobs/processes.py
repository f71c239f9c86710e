"""The processes of a worker: a parent that starts, watches and stops them."""

import errno
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import FrameType

import structlog
from django.conf import settings
from django.db import connections
from django.utils.autoreload import iter_all_python_module_files

from .errors import BurstFailed
from .worker import Worker

STALE = 30.0  # seconds without a beat, after which a process is not alive
PAUSE = 1.0  # seconds between two looks at the processes
STOPPING = (signal.SIGTERM, signal.SIGINT)
STOP_MARGIN = 10  # seconds that a process has to end after JOBS_GRACE
TOO_FEW_RESOURCES = (errno.EAGAIN, errno.ENOMEM)  # A later fork can succeed.

logger: structlog.stdlib.BoundLogger = structlog.get_logger("jobs")
_fork = multiprocessing.get_context("fork")


class Processes:
    """Runs workers in child processes, and replaces those that die."""

    def __init__(
        self,
        *,
        processes: int,
        queues: Sequence[str],
        threads: int,
        burst: bool,
        alive_file: Path | None,
        reload: bool,
    ) -> None:
        """Create the parent; `run` starts the children.

        Args:
            processes: their number.
            queues: the names of the queues that they serve.
            threads: how many tasks each runs at the same time.
            burst: whether they end when no task is due.
            alive_file: touched each second while all children can reach the database.
            reload: whether to start again when a Python file changes.
        """
        self._queues, self._threads, self._burst = queues, threads, burst
        self._alive_file = alive_file
        self._reload = reload
        self._signals = 0
        self._beats = _fork.Array("d", processes, lock=False)
        self._children: list[BaseProcess | None] = [None] * processes

    def run(self) -> None:
        """Run until SIGTERM, Ctrl-C or, in burst, until no task is due.

        Whatever ends it, no child runs on.

        Raises:
            BurstFailed: in burst, a process died or could not reach the database.
        """
        for number in STOPPING:
            signal.signal(number, self._stop)
        connections.close_all()  # Children must not share a connection.
        try:
            has_changed = self._serve()
        finally:
            self._end()
        if has_changed:
            os.execv(sys.executable, sys.orig_argv)  # noqa: S606 (the same command)
        failed = [child for child in self._started() if child.exitcode]
        if failed and self._burst and not self._signals:
            for child in failed:
                _log_death(child)
            raise BurstFailed

    def _serve(self) -> bool:
        """Start and watch the children; return whether the code has changed."""
        changed = _change_of_code() if self._reload else None
        while not self._signals and self._watch():
            self._touch_alive_file()
            if changed and next(changed):
                logger.info("the code has changed: starting again")
                return True
            time.sleep(PAUSE)
        return False

    def _watch(self) -> bool:
        """Start the children that do not run; return whether any has work to do.

        In burst one that died is not started again, since it would die again and again.
        """
        for number, child in enumerate(self._children):
            if child is None:
                self._start(number)
            elif not self._burst and not child.is_alive():
                _log_death(child)
                self._start(number)
        return not self._burst or any(c is None or c.is_alive() for c in self._children)

    def _start(self, number: int) -> None:
        """Start a child, or without memory none until the next look."""
        child = _fork.Process(target=self._work, args=[number, os.getpid()])
        self._children[number] = None
        # A child has its parent's handlers until it has set its own.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
        try:
            child.start()
        except OSError as error:
            if error.errno not in TOO_FEW_RESOURCES:
                raise
            logger.error("a worker process cannot be started", reason=error.strerror)  # noqa: TRY400
        else:
            self._children[number] = child
            self._beats[number] = time.monotonic()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)

    def _work(self, number: int, parent: int) -> None:
        def beat(is_reached: bool) -> None:
            if is_reached:
                self._beats[number] = time.monotonic()
            if os.getppid() != parent:  # It was killed.
                worker.stop()

        worker = Worker(queues=self._queues, threads=self._threads, burst=self._burst, beat=beat)
        signal.signal(signal.SIGTERM, lambda *_: worker.stop())
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C: the parent stops its children.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
        if not worker.run():
            sys.exit(1)

    def _touch_alive_file(self) -> None:
        if self._alive_file and min(self._beats) > time.monotonic() - STALE:
            try:
                self._alive_file.touch()
            except OSError as error:
                # The tasks must not end with a full disk.
                logger.error("the alive file cannot be written", reason=str(error))  # noqa: TRY400

    def _stop(self, number: int, frame: FrameType | None) -> None:
        """Stop the children; at the second signal, immediately."""
        self._signals += 1
        for child in self._started():
            if self._signals > 1:
                child.kill()
            else:
                child.terminate()

    def _end(self) -> None:
        for child in self._started():
            child.terminate()
        deadline = time.monotonic() + settings.JOBS_GRACE + STOP_MARGIN
        for child in self._started():
            child.join(max(0, deadline - time.monotonic()))
            child.kill()
            child.join()

    def _started(self) -> list[BaseProcess]:
        return [child for child in self._children if child]


def _log_death(child: BaseProcess) -> None:
    logger.error("a worker process died", pid=child.pid, exit_status=child.exitcode)


def _change_of_code() -> Iterator[bool]:
    """Yield whether a Python file has changed since the first step."""
    before = _times()
    while True:
        yield _times() != before


def _times() -> dict[Path, float]:
    times = {}
    for path in iter_all_python_module_files():
        with suppress(OSError):  # An editor or git replaces files.
            times[path] = path.stat().st_mtime
    return times
