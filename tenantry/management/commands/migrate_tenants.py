"""migrate_tenants: `public`, the template, then every tenant, from one plan."""

import os
from math import inf
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.management.commands.migrate import Command as DjangoMigrate

from tenantry.context import tenant_context
from tenantry.fleet.options import Options
from tenantry.fleet.output import run_and_report, show_preview
from tenantry.fleet.target import Target


class Command(BaseCommand):
    """Thin: `migrate` runs the same."""

    help = "Migrate public, the template and every tenant; a failing tenant does not stop the rest."

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add("app_label", nargs="?", help="only this app and what it depends on")
        add("migration_name", nargs="?", help="forwards or backwards to this; zero undoes all")
        add("--tenant", action="append", default=[], metavar="SCHEMA", help="only this; repeatable")
        add("--only-failed", action="store_true", help="only those that failed last time")
        add("--canary", type=int, default=0, metavar="N", help="N first; stop when one fails")
        add("--jobs", type=int, default=min(4, os.cpu_count() or 1), help="worker processes")
        add("--lock-timeout", type=float, default=2.0, metavar="SECONDS", help="0 waits for ever")
        add("--lock-retries", type=int, default=5, metavar="N", help="later tries without a lock")
        add("--fake", action="store_true", help="record migrations without running them")
        add("--plan", action="store_true", help="show what would run, and run nothing")
        add("--verify", action="store_true", help="reread each schema, trust no state")
        add("--json", action="store_true", help="print the result as JSON")

    @tenant_context(None)
    def handle(self, *args: Any, **options: Any) -> None:
        if not all(0 <= options[name] < inf for name in ("canary", "lock_timeout", "lock_retries")):
            raise CommandError("--canary, --lock-timeout and --lock-retries are 0 or more.")
        if options["jobs"] < 1:
            raise CommandError("--jobs is 1 or more.")
        what = Options(
            target=Target(options["app_label"], options["migration_name"], fake=options["fake"]),
            tenants=tuple(options["tenant"]),
            only_failed=options["only_failed"],
            verify=options["verify"],
            canary=options["canary"],
            jobs=options["jobs"],
            lock_timeout=options["lock_timeout"],
            lock_retries=options["lock_retries"],
        )
        if options["plan"]:
            show_preview(self, what, as_json=options["json"])
        else:
            run_and_report(
                self,
                what,
                lambda: self._migrate_public(options),
                as_json=options["json"],
                quiet=options["verbosity"] == 0,
            )

    def _migrate_public(self, options: dict[str, Any]) -> None:
        names = [name for key in ("app_label", "migration_name") if (name := options[key])]
        call_command(
            DjangoMigrate(),
            *names,
            fake=options["fake"],
            interactive=False,
            verbosity=0 if options["json"] else options["verbosity"],
            stdout=self.stdout._out,
            stderr=self.stderr._out,
        )
