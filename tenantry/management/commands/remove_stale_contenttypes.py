"""remove_stale_contenttypes: Django's, always in `public`."""

from typing import Any

from django.contrib.contenttypes.management.commands.remove_stale_contenttypes import (
    Command as DjangoRemoveStaleContenttypes,
)

from tenantry.context import tenant_context


class Command(DjangoRemoveStaleContenttypes):
    """With an active tenant Django's command would find no content type."""

    @tenant_context(None)
    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
