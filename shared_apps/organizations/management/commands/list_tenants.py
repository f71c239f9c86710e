"""list_tenants: list all organizations as a table or as JSON."""

import json
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Count
from django.template.defaultfilters import filesizeformat
from rich.console import Console
from rich.table import Table

from shared_apps.organizations.models import Organization
from tenantry.fleet import template
from tenantry.fleet.each import tracked
from tenantry.fleet.reserved import names_are_reserved, require_no_taken_names
from tenantry.fleet.state import pending
from tenantry.fleet.status import Condition, compare, measure, schema_states
from tenantry.names import PUBLIC, TEMPLATE

COLUMNS = ("schema_name", "name", "status", "currency", "members", "created_at")
STATUS_COLUMNS = ("schema_name", "name", "condition", "size", "migrated_at")


class Command(BaseCommand):
    """Takes one query for all organizations.

    --status reads the catalog of each schema and stores the result in its state.
    """

    help = "List all organizations."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print a JSON list")
        parser.add_argument("--status", action="store_true", help="show migration states and sizes")
        parser.add_argument(
            "--check", action="store_true", help="like --status, and exit with 1 unless all are ok"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        organizations = Organization.objects.annotate(members=Count("memberships"))
        rows: list[dict[str, Any]] = [
            {**row, "created_at": _time(row["created_at"])}
            for row in organizations.order_by("schema_name").values(*COLUMNS)
        ]
        with_status = options["status"] or options["check"]
        if with_status:
            rows = self._with_status(rows)
        if options["json"]:
            self.stdout.write(json.dumps(rows, indent=2))
        elif not rows:
            self.stdout.write("No organizations yet. Create one with create_tenant.")
        elif with_status:
            self._print_status(rows)
        else:
            self._print_table(COLUMNS, rows)
        if options["check"]:
            _check(rows)

    def _with_status(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        names = [row["schema_name"] for row in rows]
        measure(names)
        compare(tracked(names, "Reading the schemas", self.stderr))
        states = {state.pk: _as_dict(state) for state in schema_states().filter(pk__in=names)}
        return [row | states[row["schema_name"]] for row in rows]

    def _print_status(self, rows: list[dict[str, Any]]) -> None:
        self._print_table(
            STATUS_COLUMNS,
            [
                {
                    **row,
                    "size": filesizeformat(row["size"]),
                    "migrated_at": row["migrated_at"] or "",
                }
                for row in rows
            ],
        )
        for row in rows:
            for reason in [row["error"], *row["differences"]]:
                if reason:
                    self.stdout.write(f"{row['schema_name']} {row['condition']}: {reason}")
        if template.is_changed():
            self.stdout.write(f"{TEMPLATE} {Condition.DRIFTED}: {template.CHANGED}")

    def _print_table(self, columns: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
        table = Table(*columns)
        for row in rows:
            table.add_row(*(str(row[column]) for column in columns))
        Console(file=cast("IO[str]", self.stdout), markup=False, emoji=False).print(table)


def _as_dict(state: Any) -> dict[str, Any]:
    return {
        "condition": state.condition,
        "size": state.size,
        "migrated_at": state.migrated_at and _time(state.migrated_at),
        "seconds": state.seconds,
        "attempts": state.attempts,
        "error": state.error,
        "differences": state.differences.splitlines(),
    }


def _time(moment: Any) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _check(rows: list[dict[str, Any]]) -> None:
    bad = [row["schema_name"] for row in rows if row["condition"] != Condition.OK]
    shared = {PUBLIC, TEMPLATE}.intersection(pending())
    if template.is_changed():
        shared.add(TEMPLATE)
    if not names_are_reserved():
        require_no_taken_names()
        shared.add(PUBLIC)
    bad += sorted(shared)
    if bad:
        raise CommandError(f"{len(bad)} not ok: {', '.join(bad)}")
