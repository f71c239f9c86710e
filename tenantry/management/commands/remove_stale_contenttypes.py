"""remove_stale_contenttypes: Django's, for those of `public`, whichever tenant is active."""

from typing import Any

from django.contrib.contenttypes.management.commands.remove_stale_contenttypes import (
    Command as DjangoRemoveStaleContenttypes,
)

from tenantry.context import tenant_context


class Command(DjangoRemoveStaleContenttypes):
    """Within a tenant Django's own would find none."""

    @tenant_context(None)
    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
