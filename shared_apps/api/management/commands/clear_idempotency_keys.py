"""clear_idempotency_keys: keys of more than a day ago are gone."""

from typing import Any

from django.core.management.base import BaseCommand

from shared_apps.api.idempotency import clear_keys


class Command(BaseCommand):
    """Keeps the table small; a key that old counts no more, whether it is there or not."""

    help = "Remove the idempotency keys of all organizations that are older than 24 hours."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{clear_keys()} keys removed.")
