"""refresh_sizes: what each organization takes of the disk, for the admin to show."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from shared_apps.organizations.models import Organization
from shared_apps.staff.measures import drift_refresh, sizes_refresh


class Command(BaseCommand):
    """One query, whatever the number of organizations. Meant for a timer, hourly say."""

    help = "Measure the size on disk of every organization's schema."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--drift", action="store_true", help="compare each with the template, too; nightly, say"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        organizations = list(Organization.objects.all())
        sizes_refresh(organizations)
        self.stdout.write(f"Measured {len(organizations)} organizations.")
        if options["drift"]:
            drifted = ", ".join(drift_refresh(organizations))
            self.stdout.write(
                f"Different from the template: {drifted}."
                if drifted
                else "None differs from the template."
            )
