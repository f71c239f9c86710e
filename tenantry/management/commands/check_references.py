"""check_references: find rows of tenants that refer to missing rows of `public`."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenantry.fleet.each import each_tenant
from tenantry.schemas.references import Dangling, dangling_references


class Command(BaseCommand):
    help = "Find rows of tenants that refer to missing rows of public."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print a JSON list")

    def handle(self, *args: Any, **options: Any) -> None:
        names = each_tenant("Reading the schemas", self.stderr)
        found = [dangling for name in names for dangling in dangling_references(name)]
        if options["json"]:
            self.stdout.write(json.dumps([asdict(each) for each in found], indent=2, default=str))
        else:
            self.stdout.write("\n".join(map(_line, found)) or "All references are valid.")
        if found:
            rows = sum(each.count for each in found)
            raise CommandError(f"{rows} rows refer to missing rows.")


def _line(dangling: Dangling) -> str:
    examples = ", ".join(f"{row} -> {target}" for row, target in dangling.examples)
    more = ", ..." if dangling.count > len(dangling.examples) else ""
    return (
        f"{dangling.schema_name} {dangling.field}: {dangling.count} rows "
        f"(row -> missing row: {examples}{more})"
    )
