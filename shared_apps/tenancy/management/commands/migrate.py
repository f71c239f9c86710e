"""migrate: Django's own for `public`, then the same for the template and every tenant."""

from typing import Any

from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import DEFAULT_DB_ALIAS

from shared_apps.tenancy.fleet.command import run_and_report
from shared_apps.tenancy.fleet.options import Options
from shared_apps.tenancy.fleet.target import Target

PUBLIC_ONLY = ("plan", "check_unapplied", "prune", "fake_initial")
"""Options that ask about or repair one schema; `migrate_tenants` has its own."""


class Command(DjangoMigrate):
    """Keeps a habit, Django's test runner and pytest-django working on the whole fleet."""

    help = "Migrate public and every tenant, in one process; see also migrate_tenants."

    def handle(self, *args: Any, **options: Any) -> None:
        if options["database"] != DEFAULT_DB_ALIAS or any(options[name] for name in PUBLIC_ONLY):
            super().handle(*args, **options)
            return
        target = Target(options["app_label"], options["migration_name"], fake=options["fake"])
        run_and_report(
            self, Options(target=target), lambda: super(Command, self).handle(*args, **options)
        )
