"""The output of `migrate_tenants` and `migrate`: progress, result, preview.

Progress is a bar on a terminal with rich (the extra `progress`), else a line every few seconds.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from time import monotonic
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, OutputWrapper
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import Error

from tenantry.context import tenant_context
from tenantry.errors import TenancyError
from tenantry.names import PUBLIC

from . import state
from .each import console_on, reconnecting, shows_bars
from .options import Options, Report
from .plan import PLANNING_ERRORS, Plan, PlannedMigration, Plans
from .run import Run, candidates
from .state import Applied

if TYPE_CHECKING:
    from rich.progress import Progress

SECONDS_BETWEEN_LINES = 5.0
NAMES_SHOWN = 5


def run_and_report(
    command: BaseCommand,
    options: Options,
    migrate_public: Callable[[], object],
    *,
    as_json: bool = False,
    quiet: bool = False,
) -> None:
    """Migrate the fleet, with progress and a result on the command's output.

    Args:
        quiet: print errors only.

    Raises:
        CommandError: a tenant failed, the run stopped early, or it could not start.
    """
    stream = command.stderr if as_json else command.stdout
    try:
        with nullcontext(NoProgress()) if quiet else shown_on(stream) as progress:
            report = Run(options, migrate_public, progress).execute()
    except (TenancyError, Error, *PLANNING_ERRORS) as error:
        raise CommandError(" ".join(str(error).split())) from error
    if as_json:
        command.stdout.write(json.dumps(as_dict(report), indent=2))
    elif not quiet:
        command.stdout.write(summary(report))
    if not report.succeeded:
        for failure in report.failures:
            command.stderr.write(f"{failure.schema_name}: {failure.error}")
        raise CommandError(_failure_message(report))


class NoProgress:
    def update(self, report: Report) -> None: ...


class Lines:
    """A line every few seconds, for logs."""

    def __init__(self, stream: OutputWrapper) -> None:
        self._stream = stream
        self._started = self._shown = monotonic()

    def update(self, report: Report) -> None:
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
        task = self._bar.tasks[0]
        self._bar.update(
            self._task,
            visible=True,  # Hidden until now: `migrate` prints its own output for `public`.
            total=report.total,
            completed=report.done,
            rate=f"{task.finished_speed or task.speed or 0:.0f}/s",
            failed=f"[red]{len(report.failures)} failed" if report.failures else "",
        )


@contextmanager
def shown_on(stream: OutputWrapper) -> Iterator[Bar | Lines]:
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


def as_dict(report: Report) -> dict[str, Any]:
    return {
        "migrated": report.migrated,
        "unchanged": report.unchanged,
        "failed": [
            {"schema_name": failure.schema_name, "error": failure.error}
            for failure in report.failures
        ],
        "left": report.left,
        "stopped": report.stopped,
        "seconds": round(report.seconds, 3),
    }


def summary(report: Report) -> str:
    if not report.total:
        return "Every tenant is up to date."
    return (
        f"Migrated {report.migrated} of {report.total} tenants in {report.seconds:.1f} s; "
        f"{report.unchanged} unchanged, {len(report.failures)} failed, {report.left} left."
    )


def _failure_message(report: Report) -> str:
    if report.stopped:
        return f"Stopped, because {report.stopped}. Run it again to continue."
    return f"{len(report.failures)} failed. Fix the cause, then run again with --only-failed."


def show_preview(command: BaseCommand, options: Options, *, as_json: bool) -> None:
    """Print the migrations that a run would apply.

    Raises:
        CommandError: the run could not start.
    """
    try:
        groups = list(preview(candidates(options), options))
    except (TenancyError, *PLANNING_ERRORS) as error:
        raise CommandError(str(error)) from error
    if as_json:
        command.stdout.write(json.dumps(groups, indent=2))
    else:
        command.stdout.write("\n".join(preview_lines(groups)))


def preview(names: Iterable[str], options: Options) -> Iterator[dict[str, Any]]:
    """Yield the schemas with the same applied migrations, and the migrations that would run."""
    starts: dict[Applied, list[str]] = defaultdict(list)
    for name in reconnecting(names):
        applied = state.read_applied(name) if state.has_migrations_table(name) else frozenset()
        starts[applied].append(name)
    for applied, schema_names in starts.items():
        # `public` has its own plan: operations of shared apps run only there.
        public = [name for name in schema_names if name == PUBLIC]
        for group in (public, [name for name in schema_names if name != PUBLIC]):
            if group:
                migrations = _plan(group[0], applied, options).migrations
                yield {"schemas": group, "migrations": [_describe(each) for each in migrations]}


def _plan(schema_name: str, applied: Applied, options: Options) -> Plan:
    with tenant_context(schema_name):
        return Plans(options.target).starting_from(applied)


def _describe(planned: PlannedMigration) -> dict[str, Any]:
    return {
        "migration": str(planned.migration),
        "operations": [
            DjangoMigrate.describe_operation(step.operation, planned.backwards)[0]
            for step in planned.steps
        ],
    }


def preview_lines(groups: Iterable[dict[str, Any]]) -> Iterator[str]:
    nothing = True
    for group in groups:
        nothing = False
        names = group["schemas"]
        more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
        yield f"{', '.join(names[:NAMES_SHOWN])}{more}:"
        for migration in group["migrations"]:
            operations = migration["operations"]
            yield f"  {migration['migration']}{'' if operations else ' (only recorded)'}"
            yield from (f"    {operation}" for operation in operations)
        if not group["migrations"]:
            yield "  nothing to run; the state is updated"
    if nothing:
        yield "Every tenant is up to date."
