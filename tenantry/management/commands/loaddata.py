"""loaddata: Django's, which fails instead of skipping rows."""

from typing import Any

from django.core.management.commands.loaddata import Command as DjangoLoaddata

from tenantry.management.fixtures import no_rows_skipped
from tenantry.roles import as_owner


class Command(DjangoLoaddata):
    """Write all rows of the fixtures or none. Django's test cases load their fixtures with it."""

    @as_owner(reason="Fixtures can have rows of `public`.")
    def handle(self, *fixture_labels: str, **options: Any) -> None:
        with no_rows_skipped("loaddata"):
            super().handle(*fixture_labels, **options)
