"""How a run is shown: a bar on a terminal, a line every few seconds elsewhere.

Bars need rich, which is the extra `progress`. It is imported only where a bar is shown.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from time import monotonic
from typing import IO, TYPE_CHECKING, TypeVar, cast

from django.core.management.base import OutputWrapper

from .options import Report

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

T = TypeVar("T")

SECONDS_BETWEEN_LINES = 5.0


def shows_bars(stream: OutputWrapper) -> bool:
    """Return whether the stream is a terminal and rich is installed."""
    return stream.isatty() and find_spec("rich") is not None


def console_on(stream: OutputWrapper) -> "Console":
    """Return a console on what a command writes to; Django's wrapper ends each frame's line."""
    from rich.console import Console  # noqa: PLC0415

    return Console(file=cast("IO[str]", stream._out))


def tracked(
    items: Iterable[T], label: str, stream: OutputWrapper, *, total: int | None = None
) -> Iterable[T]:
    """Return the items with a bar on a terminal, which is gone when the last is done."""
    if not shows_bars(stream):
        return items
    from rich.progress import track  # noqa: PLC0415

    return track(items, label, total=total, console=console_on(stream), transient=True)


class Silence:
    """Shows nothing."""

    def update(self, report: Report) -> None:
        """See `run.Progress`."""


class Lines:
    """A line every few seconds, for logs."""

    def __init__(self, stream: OutputWrapper) -> None:
        self._stream = stream
        self._started = self._shown = monotonic()

    def update(self, report: Report) -> None:
        """See `run.Progress`."""
        now = monotonic()
        if now - self._shown < SECONDS_BETWEEN_LINES:
            return
        self._shown = now
        rate = report.done / (now - self._started)
        self._stream.write(
            f"{report.done} of {report.total} tenants, {rate:.0f} a second, "
            f"{(report.total - report.done) / rate:.0f} s left, {len(report.failures)} failed\n"
        )
        self._stream.flush()


class Bar:
    """A bar with rate and time left."""

    def __init__(self, bar: "Progress") -> None:
        self._bar = bar
        self._task = bar.add_task("tenants", visible=False, rate="", failed="")

    def update(self, report: Report) -> None:
        """See `run.Progress`."""
        task = self._bar.tasks[0]
        self._bar.update(
            self._task,
            visible=True,  # Not before: `public` says for itself how it goes.
            total=report.total,
            completed=report.done,
            rate=f"{task.finished_speed or task.speed or 0:.0f}/s",
            failed=f"[red]{len(report.failures)} failed" if report.failures else "",
        )


@contextmanager
def shown_on(stream: OutputWrapper) -> Iterator[Bar | Lines]:
    """Show a run's progress in the way that suits the stream."""
    if not shows_bars(stream):
        yield Lines(stream)
        return
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[failed]}"),
    )
    with Progress(*columns, console=console_on(stream)) as bar:
        yield Bar(bar)
