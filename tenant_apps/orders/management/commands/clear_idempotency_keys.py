"""clear_idempotency_keys: keys of more than a day ago are gone."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from tenant_apps.orders.idempotency import clear_keys
from tenantry.context import tenant_context
from tenantry.fleet.each import each_tenant


class Command(BaseCommand):
    """Keeps the tables small; a key that old counts no more, whether it is there or not."""

    help = "Remove the idempotency keys of all organizations that are older than 24 hours."

    def handle(self, *args: Any, **options: Any) -> None:
        removed, failed = 0, []
        for name in each_tenant("Clearing", self.stderr):
            try:
                with tenant_context(name):
                    removed += clear_keys()
            except DatabaseError as error:
                failed.append(f"{name}: {error}".strip())
        self.stdout.write(f"{removed} keys removed.")
        if failed:
            raise CommandError("\n".join(failed))
