"""check_references: finds rows that refer to a user, or another row of `public`, that is gone."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenantry.fleet.each import each_tenant
from tenantry.schemas.references import Dangling, dangling_references


class Command(BaseCommand):
    """Reads only; what to do about a finding is for people to say."""

    help = "Find rows of tenants that refer to rows of public which do not exist."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print a JSON list")

    def handle(self, *args: Any, **options: Any) -> None:
        names = each_tenant("Reading the schemas", self.stderr)
        found = [dangling for name in names for dangling in dangling_references(name)]
        if options["json"]:
            self.stdout.write(json.dumps([asdict(each) for each in found], indent=2, default=str))
        else:
            self.stdout.write("\n".join(map(_line, found)) or "Every reference finds its row.")
        if found:
            rows = sum(each.count for each in found)
            raise CommandError(f"{rows} rows refer to nothing.")


def _line(dangling: Dangling) -> str:
    examples = ", ".join(f"{row} -> {target}" for row, target in dangling.examples)
    more = ", ..." if dangling.count > len(dangling.examples) else ""
    return (
        f"{dangling.schema_name} {dangling.field}: {dangling.count} rows "
        f"(row -> what it refers to: {examples}{more})"
    )
