"""refresh_sizes: what each organization takes of the disk, for the admin to show."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from shared_apps.organizations.models import Organization
from tenantry.fleet.status import compare, measure


class Command(BaseCommand):
    """One query, whatever the number of organizations. Meant for a timer, hourly say."""

    help = "Measure the size on disk of every organization's schema."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--drift", action="store_true", help="compare each with the template, too; nightly, say"
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
                else "None differs from the template."
            )
