"""loaddata: Django's, which leaves no rows out in silence."""

from typing import Any

from django.core.management.commands.loaddata import Command as DjangoLoaddata

from tenantry.management.fixtures import no_row_left_out


class Command(DjangoLoaddata):
    """All rows of its fixtures are written, or none; those of tests are loaded by it as well."""

    def handle(self, *fixture_labels: str, **options: Any) -> None:
        with no_row_left_out("loaddata"):
            super().handle(*fixture_labels, **options)
