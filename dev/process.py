"""What every command here does alike: locks, signals, and errors of one line."""

import fcntl
import os
import signal
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
    """What went wrong and what to do about it, in one line for the person at the terminal."""


def main(command: Callable[[], int]) -> None:
    """Run a command as the whole of this process and exit with the status it returns.

    A signal of `STOPPING` ends the command by SystemExit, so that it cleans up, with the status
    that shells give (128 + signal). A `Failure` or an OSError is one line and the status 1.
    """
    _handle(_leave)
    try:
        sys.exit(command())
    except Failure as failure:
        sys.exit(str(failure))
    except OSError as error:
        sys.exit(f"{error.strerror}: {error.filename}" if error.filename else str(error))


def _leave(number: int, frame: FrameType | None) -> None:
    # make passes on a SIGTERM that its group may have got as well: the second must not
    # interrupt the cleaning up.
    for stopping in STOPPING:
        signal.signal(stopping, signal.SIG_IGN)
    raise SystemExit(128 + number)


@contextmanager
def on_signals(handler: Handler) -> Iterator[None]:
    """Handle the signals of `STOPPING` so for the time of the block."""
    before = [(number, signal.getsignal(number)) for number in STOPPING]
    _handle(handler)
    try:
        yield
    finally:
        for number, previous in before:
            signal.signal(number, previous)


def _handle(handler: Handler) -> None:
    for number in STOPPING:
        # A hangup that is ignored already is nohup's.
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, handler)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Hold back the signals of `STOPPING` until the block is done, also from children."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def locked(name: str) -> Iterator[int]:
    """Hold the lock of this name in `DATA`, alone on this machine; gives its file descriptor.

    The system drops the lock with the last process that holds the descriptor, killed or not.
    """
    DATA.mkdir(exist_ok=True)
    descriptor = os.open(DATA / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)
