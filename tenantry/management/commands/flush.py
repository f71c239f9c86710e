"""flush: Django's, with the server's reason when it fails."""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands.flush import Command as DjangoFlush
from django.db import connections

from tenantry.postgres.cursor import check_schema


class Command(DjangoFlush):
    """Empties the active tenant; with none, `public` and every tenant."""

    def handle(self, **options: Any) -> None:
        # Django empties the tables that it finds, and reports success where there is no schema.
        with connections[options["database"]].cursor() as cursor:
            check_schema(cursor)
        try:
            super().handle(**options)
        except CommandError as error:
            # Django's message is a list of guesses.
            reason = str(error.__cause__ or error).splitlines()[0]
            raise CommandError(f"Nothing was deleted: {reason}") from error
