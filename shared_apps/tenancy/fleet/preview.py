"""What a run would do, without doing it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.management.commands.migrate import Command as DjangoMigrate

from ..context import tenant_context
from ..names import PUBLIC
from . import records
from .each import bounded
from .options import Options
from .plan import Plan, PlannedMigration, Plans
from .target import Applied

NAMES_SHOWN = 5


def preview(names: Iterable[str], options: Options) -> Iterator[dict[str, Any]]:
    """Yield, for each set of schemas that start from the same point, what would run in them."""
    starts: dict[Applied, list[str]] = defaultdict(list)
    for name in bounded(names):
        starts[records.read(name) if records.exists(name) else frozenset()].append(name)
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
