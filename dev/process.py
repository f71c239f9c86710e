"""Locks, signals, free ports and one-line errors of the development commands."""

import fcntl
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / ".data"
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Handler = Callable[[int, FrameType | None], None]


class Failure(Exception):
    """An error for the developer: what happened and what to do, in one line."""


def main(command: Callable[[], int]) -> None:
    """Run a command and exit with the status that it returns.

    A signal of `STOPPING` raises SystemExit, so the command cleans up; the status is 128 + signal,
    as in a shell. A `Failure` or an OSError is one line and the status 1.
    """
    _handle(_leave)
    try:
        sys.exit(command())
    except Failure as failure:
        sys.exit(str(failure))
    except OSError as error:
        sys.exit(f"{error.strerror}: {error.filename}" if error.filename else str(error))


def _leave(number: int, frame: FrameType | None) -> None:
    # make forwards a SIGTERM that its group can also get directly. The second one must not
    # interrupt the clean-up.
    for stopping in STOPPING:
        signal.signal(stopping, signal.SIG_IGN)
    raise SystemExit(128 + number)


@contextmanager
def on_signals(handler: Handler) -> Iterator[None]:
    """Handle the signals of `STOPPING` with this handler until the end of the block."""
    before = [(number, signal.getsignal(number)) for number in STOPPING]
    _handle(handler)
    try:
        yield
    finally:
        for number, previous in before:
            signal.signal(number, previous)


def _handle(handler: Handler) -> None:
    for number in STOPPING:
        # If SIGHUP is ignored already, nohup runs the command.
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, handler)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Block the signals of `STOPPING` until the end of the block, also for child processes."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def locked(name: str) -> Iterator[int]:
    """Hold an exclusive lock on a file in `DATA`; yield its file descriptor.

    The system releases the lock when the last process with the descriptor ends, even if killed.
    """
    DATA.mkdir(exist_ok=True)
    descriptor = os.open(DATA / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
