"""list_tenants: every organization, for people or for programs."""

import json
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandParser
from django.db.models import Count
from rich.console import Console
from rich.table import Table

from shared_apps.organizations.models import Organization

COLUMNS = ("schema_name", "name", "status", "currency", "members", "created_at")


class Command(BaseCommand):
    """One query, whatever the number of organizations."""

    help = "List all organizations."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print a JSON list")

    def handle(self, *args: Any, **options: Any) -> None:
        organizations = Organization.objects.annotate(members=Count("memberships"))
        rows = [
            {**row, "created_at": f"{row['created_at']:%Y-%m-%dT%H:%M:%SZ}"}
            for row in organizations.order_by("schema_name").values(*COLUMNS)
        ]
        if options["json"]:
            self.stdout.write(json.dumps(rows, indent=2))
        elif rows:
            self._print_table(rows)
        else:
            self.stdout.write("There are no organizations yet; create_tenant makes one.")

    def _print_table(self, rows: list[dict[str, Any]]) -> None:
        table = Table(*COLUMNS)
        for row in rows:
            table.add_row(*(str(row[column]) for column in COLUMNS))
        Console(file=cast("IO[str]", self.stdout), markup=False, emoji=False).print(table)
