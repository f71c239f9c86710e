"""What `migrate_tenants` and `migrate` do alike: run, show how it goes, say how it went."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import Error

from tenantry.context import tenant_context
from tenantry.errors import TenancyError
from tenantry.names import PUBLIC

from . import state
from .each import bounded
from .options import Options, Report
from .plan import PLANNING_ERRORS, Plan, PlannedMigration, Plans
from .progress import Silence, shown_on
from .run import Run, candidates
from .target import Applied


def run_and_report(
    command: BaseCommand,
    options: Options,
    migrate_public: Callable[[], object],
    *,
    as_json: bool = False,
    quiet: bool = False,
) -> None:
    """Run over the fleet.

    Args:
        quiet: say nothing but what went wrong.

    Raises:
        CommandError: when a tenant failed or was left out, or nothing could be done at all.
    """
    stream = command.stderr if as_json else command.stdout
    try:
        with nullcontext(Silence()) if quiet else shown_on(stream) as progress:
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
        raise CommandError(_verdict(report))


def show_preview(command: BaseCommand, options: Options, *, as_json: bool) -> None:
    """Print what a run would do.

    Raises:
        CommandError: when it could not begin.
    """
    try:
        groups = list(preview(candidates(options), options))
    except (TenancyError, *PLANNING_ERRORS) as error:
        raise CommandError(str(error)) from error
    if as_json:
        command.stdout.write(json.dumps(groups, indent=2))
    else:
        command.stdout.write("\n".join(as_lines(groups)))


def as_dict(report: Report) -> dict[str, Any]:
    """Return the report for programs."""
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
    """Return the report as one line for people."""
    if not report.total:
        return "Every tenant is up to date."
    return (
        f"Migrated {report.migrated} of {report.total} tenants in {report.seconds:.1f} s; "
        f"{report.unchanged} unchanged, {len(report.failures)} failed, {report.left} left."
    )


def _verdict(report: Report) -> str:
    if report.stopped:
        return f"Stopped, because {report.stopped}. Run it again to go on."
    return f"{len(report.failures)} failed. Once mended, run it again, or with --only-failed."


NAMES_SHOWN = 5


def preview(names: Iterable[str], options: Options) -> Iterator[dict[str, Any]]:
    """Yield, for each set of schemas that start from the same point, what would run in them."""
    starts: dict[Applied, list[str]] = defaultdict(list)
    for name in bounded(names):
        applied = state.read_applied(name) if state.has_migrations_table(name) else frozenset()
        starts[applied].append(name)
    for applied, schema_names in starts.items():
        # Operations of shared apps run in `public` alone, so it has a plan of its own.
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


def as_lines(groups: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Return a preview for people."""
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
            yield "  nothing to run, the state is written anew"
    if nothing:
        yield "Every tenant is up to date."
