"""createcachetable: Django's, for the one table in `public`, whichever tenant is active."""

from typing import Any

from django.core.management.commands.createcachetable import Command as DjangoCreatecachetable

from tenantry.context import tenant_context


class Command(DjangoCreatecachetable):
    """A table in a tenant's schema would hide that of `public`."""

    @tenant_context(None)
    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
