"""all_tenants_command: django-tenants', with new connections and the caller's tenant restored."""

from collections.abc import Iterator
from typing import Any

from django_tenants.management.commands import all_tenants_command

from tenantry.context import Tenant, active_tenant, tenant_context
from tenantry.fleet.each import reconnecting
from tenantry.management.explained import ExplainedArguments
from tenantry.patches import COMMANDS, require

require(COMMANDS)


class Command(ExplainedArguments, all_tenants_command.Command):  # type: ignore[misc]
    def handle(self, *args: Any, **options: Any) -> None:
        with tenant_context(active_tenant()):  # Restores the caller's tenant.
            super().handle(*args, **options)

    def get_tenants(self, no_public: Any) -> Iterator[Tenant]:
        return reconnecting(super().get_tenants(no_public))
