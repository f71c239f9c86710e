"""tenant_command: django-tenants', with the exact schema name instead of a list's index."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_tenants.management.commands import tenant_command
from django_tenants.utils import get_tenant_model

from tenantry.context import active_tenant, tenant_context
from tenantry.management.explained import ExplainedArguments
from tenantry.patches import COMMANDS, require

require(COMMANDS)


class Command(ExplainedArguments, tenant_command.Command):  # type: ignore[misc]
    help = "Run a command for one tenant: tenant_command dbshell --schema acme"

    def run_from_argv(self, argv: list[str]) -> None:
        if {*argv[2:3]} <= {"-h", "--help"}:
            BaseCommand.run_from_argv(self, argv)
        else:
            super().run_from_argv(argv)

    def handle(self, *args: Any, **options: Any) -> None:
        # Commands without checks do not have this option.
        options.pop("skip_checks", None)
        with tenant_context(active_tenant()):  # Restores the caller's tenant.
            super().handle(*args, **options)

    def get_tenant_from_options_or_interactive(self, **options: Any) -> Any:
        """Return the tenant of exactly that schema; without a name, prompt for one.

        django-tenants takes `-s 0` as the first tenant of its list.

        Raises:
            CommandError: the tenant does not exist.
        """
        name = options.get("schema_name")
        if name is None:
            return super().get_tenant_from_options_or_interactive(**options)
        tenant = get_tenant_model().objects.filter(schema_name=name).first()
        if tenant is None:
            raise CommandError(f"There is no tenant {name!r}. Check the schema name.")
        return tenant
