"""What `migrate_tenants` and `migrate` do alike: run, show how it goes, say how it went."""

import json
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from ..errors import TenancyError
from .options import Options, Report
from .plan import PLANNING_ERRORS
from .preview import as_lines, preview
from .progress import Silence, shown_on
from .run import Run, candidates


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
