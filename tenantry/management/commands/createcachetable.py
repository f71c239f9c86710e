"""createcachetable: Django's, always in `public`."""

from typing import Any

from django.core.management.commands.createcachetable import Command as DjangoCreatecachetable

from tenantry.context import tenant_context


class Command(DjangoCreatecachetable):
    """A table in a tenant's schema would hide that of `public`."""

    @tenant_context(None)
    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
