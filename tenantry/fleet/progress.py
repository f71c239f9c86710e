"""How a run is shown: a bar on a terminal, a line now and then elsewhere."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import IO, TypeVar, cast

from django.core.management.base import OutputWrapper
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    track,
)

from .options import Report

T = TypeVar("T")

SECONDS_BETWEEN_LINES = 5.0


def console_on(stream: OutputWrapper) -> Console:
    """Return a console on what a command writes to; Django's wrapper ends each frame's line."""
    return Console(file=cast("IO[str]", stream._out))


def tracked(
    items: Iterable[T], label: str, stream: OutputWrapper, *, total: int | None = None
) -> Iterable[T]:
    """Return the items with a bar on a terminal, which is gone when the last is done."""
    console = console_on(stream)
    return track(
        items,
        label,
        total=total,
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


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

    def __init__(self, bar: Progress) -> None:
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
    if not stream.isatty():
        yield Lines(stream)
        return
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
