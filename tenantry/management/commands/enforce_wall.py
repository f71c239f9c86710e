"""enforce_wall: give each tenant the PostgreSQL role that TENANT_ROLES uses."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenantry.fleet import role_deletion, roles
from tenantry.fleet.each import reconnecting, tracked
from tenantry.roles import are_used


class Command(BaseCommand):
    help = (
        "Give each tenant that has none a PostgreSQL role, for TENANT_ROLES, and delete the roles "
        "of schemas that no longer exist. An interrupted run can be repeated."
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
            role_deletion.delete_roles()
            result = {"removed": names}
        else:
            result = {"given": names, "deleted": role_deletion.delete_unused_roles()}
        self.stdout.write(json.dumps(result, indent=2) if options["json"] else _sentence(result))


def _sentence(result: dict[str, list[str]]) -> str:
    counts = {key: f"{len(names):,}" for key, names in result.items()}
    if "removed" in counts:
        return f"Deleted the roles of {counts['removed']} tenants."
    return (
        f"Gave roles to {counts['given']} tenants. "
        f"Deleted {counts['deleted']} roles of schemas that no longer exist."
    )
