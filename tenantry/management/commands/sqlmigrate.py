"""sqlmigrate: Django's, run in the schema that has the app's tables."""

from typing import Any

from django.core.management.commands.sqlmigrate import Command as DjangoSqlmigrate

from tenantry.context import active_tenant, tenant_context
from tenantry.names import TEMPLATE
from tenantry.tenant_apps import tenant_app_configs


class Command(DjangoSqlmigrate):
    def handle(self, *args: Any, **options: Any) -> str | None:
        in_tenants = options["app_label"] in {app.label for app in tenant_app_configs()}
        with tenant_context((active_tenant() or TEMPLATE) if in_tenants else None):
            return super().handle(*args, **options)
