"""refresh_sizes: how much of the disk each organization takes, for the admin to show."""

from typing import Any

from django.core.management.base import BaseCommand

from shared_apps.staff.sizes import sizes_refresh


class Command(BaseCommand):
    """One query, whatever the number of organizations. Meant for a timer, hourly say."""

    help = "Measure the size on disk of every organization's schema."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Measured {sizes_refresh()} organizations.")
