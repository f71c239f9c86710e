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


class Failure(Exception):
    """What went wrong and what to do about it, in one line for the person at the terminal."""


def main(command: Callable[[], int]) -> None:
    """Run a command as the whole of this process and exit with the status it returns.

    A signal of `STOPPING` ends the command by SystemExit, so that it cleans up, with the status
    that shells give (128 + signal). A `Failure` or an OSError is one line and the status 1.
    """
    with on_signals(_leave):
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
def on_signals(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Handle the signals of `STOPPING` so for the time of the block."""
    # A hangup that is ignored already is nohup's.
    numbers = [n for n in STOPPING if n != signal.SIGHUP or signal.getsignal(n) != signal.SIG_IGN]
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Hold the signals of `STOPPING` back until the block is done, from children as well."""
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
