"""migrate_tenants: migrate `public`, the template, then every tenant."""

import os
from math import inf
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.management.commands.migrate import Command as DjangoMigrate

from tenantry.context import tenant_context
from tenantry.fleet.options import Options, Target
from tenantry.fleet.output import run_and_report, show_preview


class Command(BaseCommand):
    help = "Migrate public, the template and every tenant; a failing tenant does not stop the rest."

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add("app_label", nargs="?", help="only this app and what it depends on")
        add(
            "migration_name",
            nargs="?",
            help="migrate forwards or backwards to this; zero unapplies all",
        )
        add(
            "--schema",
            action="append",
            default=[],
            metavar="NAME",
            help="only the tenant with this schema; repeatable",
        )
        add("--only-failed", action="store_true", help="only tenants that failed in the last run")
        add(
            "--canary",
            type=int,
            default=0,
            metavar="N",
            help="first migrate N tenants; stop if one fails",
        )
        add("--jobs", type=int, default=min(4, os.cpu_count() or 1), help="worker processes")
        add(
            "--lock-timeout",
            type=float,
            default=2.0,
            metavar="SECONDS",
            help="0 waits without limit",
        )
        add("--lock-retries", type=int, default=5, metavar="N", help="retries after a lock timeout")
        add("--fake", action="store_true", help="record migrations without running them")
        add("--plan", action="store_true", help="show the migrations that would run")
        add("--verify", action="store_true", help="read each schema, ignore stored states")
        add("--json", action="store_true", help="print the result as JSON")

    @tenant_context(None)
    def handle(self, *args: Any, **options: Any) -> None:
        if not all(0 <= options[name] < inf for name in ("canary", "lock_timeout", "lock_retries")):
            raise CommandError("--canary, --lock-timeout and --lock-retries must be 0 or more.")
        if options["jobs"] < 1:
            raise CommandError("--jobs must be 1 or more.")
        run_options = Options(
            target=Target(options["app_label"], options["migration_name"], fake=options["fake"]),
            tenants=tuple(options["schema"]),
            only_failed=options["only_failed"],
            verify=options["verify"],
            canary=options["canary"],
            jobs=options["jobs"],
            lock_timeout=options["lock_timeout"],
            lock_retries=options["lock_retries"],
        )
        if options["plan"]:
            show_preview(self, run_options, as_json=options["json"])
        else:
            run_and_report(
                self,
                run_options,
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
