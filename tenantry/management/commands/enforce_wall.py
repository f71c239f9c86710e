"""enforce_wall: give each tenant the PostgreSQL role that TENANT_ROLES uses."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenantry.fleet import roles
from tenantry.fleet.each import reconnecting, tracked
from tenantry.roles import are_used


class Command(BaseCommand):
    help = (
        "Give each tenant that has none a PostgreSQL role, for TENANT_ROLES. An interrupted run "
        "can be repeated."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--off", action="store_true", help="delete the roles again")
        parser.add_argument("--json", action="store_true", help="print a JSON object")

    def handle(self, *args: Any, off: bool, **options: Any) -> None:
        if off and are_used():
            raise CommandError(
                "Set TENANT_ROLES to false and restart the service first: it uses the roles now."
            )
        if not off:
            roles.grant_shared_tables()
        names = roles.schemas_with_role() if off else roles.schemas_without_role()
        label = "Deleting roles" if off else "Giving roles"
        for name in reconnecting(tracked(names, label, self.stderr)):
            if off:
                roles.take_role_back(name)
            else:
                roles.give_role(name, has_tables=True)
        if off:
            roles.delete_roles()
        self.stdout.write(_result(names, off=off, as_json=options["json"]))


def _result(names: list[str], *, off: bool, as_json: bool) -> str:
    if as_json:
        return json.dumps({"removed" if off else "given": names}, indent=2)
    done = "Deleted the roles of" if off else "Gave roles to"
    return f"{done} {len(names):,} tenants."
