"""flush: Django's, with PostgreSQL's error when it fails."""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands.flush import Command as DjangoFlush
from django.db import connections

from tenantry.postgres.cursor import check_schema
from tenantry.roles import as_owner


class Command(DjangoFlush):
    """Empty the active tenant's tables; without one, those of `public` and every tenant."""

    @as_owner(reason="Only the owner can empty tables.")
    def handle(self, **options: Any) -> None:
        # Django reports success where the schema does not exist.
        with connections[options["database"]].cursor() as cursor:
            check_schema(cursor)
        try:
            super().handle(**options)
        except CommandError as error:
            # Django's message only lists possible reasons.
            reason = str(error.__cause__ or error).splitlines()[0]
            raise CommandError(f"Nothing was deleted: {reason}") from error
