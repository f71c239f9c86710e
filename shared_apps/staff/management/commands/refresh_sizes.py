"""refresh_sizes: measure each organization's schema, for the admin."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from shared_apps.organizations.models import Organization
from tenantry.fleet.status import compare, measure


class Command(BaseCommand):
    """Run it by a timer, for example hourly. It takes one query for all organizations."""

    help = "Measure the size on disk of every organization's schema."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--drift", action="store_true", help="also compare each schema with the template"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        names = list(Organization.objects.values_list("schema_name", flat=True))
        measure(names)
        self.stdout.write(f"Measured {len(names)} organizations.")
        if options["drift"]:
            drifted = ", ".join(compare(names))
            self.stdout.write(
                f"Different from the template: {drifted}."
                if drifted
                else "No schema differs from the template."
            )
