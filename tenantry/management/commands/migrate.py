"""migrate: Django's for `public`, then the same for the template and every tenant."""

import sys
from typing import Any

from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import DEFAULT_DB_ALIAS

from tenantry.context import active_schema, tenant_context
from tenantry.fleet.options import Options, Target
from tenantry.fleet.output import run_and_report, show_preview
from tenantry.fleet.reserved import names_are_reserved
from tenantry.fleet.state import pending


class Command(DjangoMigrate):
    """Migrate the whole fleet; Django's test runner and pytest-django call this command.

    With an active tenant (`tenant_command migrate`) it is `migrate_tenants --schema`.
    """

    help = "Migrate public and every tenant, in one process; see also migrate_tenants."

    def handle(self, *args: Any, **options: Any) -> None:
        repairs = options["prune"] or options["fake_initial"]
        if options["database"] != DEFAULT_DB_ALIAS or repairs:
            super().handle(*args, **options)
        elif options["check_unapplied"]:
            sys.exit(0 if names_are_reserved() and not pending() else 1)
        else:
            schema = active_schema()
            with tenant_context(None):
                self._migrate((schema,) if schema else (), *args, **options)

    def _migrate(self, tenants: tuple[str, ...], *args: Any, **options: Any) -> None:
        target = Target(options["app_label"], options["migration_name"], fake=options["fake"])
        run_options = Options(target=target, tenants=tenants)
        if options["plan"]:
            show_preview(self, run_options, as_json=False)
        else:
            run_and_report(
                self,
                run_options,
                lambda: super(Command, self).handle(*args, **options),
                quiet=options["verbosity"] == 0,
            )
