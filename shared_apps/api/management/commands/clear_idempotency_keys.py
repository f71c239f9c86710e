"""clear_idempotency_keys: delete expired keys."""

from typing import Any

from django.core.management.base import BaseCommand

from shared_apps.api.idempotency import clear_keys


class Command(BaseCommand):
    """Keeps the table small. An expired key has no effect, deleted or not."""

    help = "Remove the idempotency keys of all organizations that are older than 24 hours."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{clear_keys()} keys removed.")
