"""create_tenant: create an organization with its schema and its owner's membership."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from shared_apps.core.commands import service_errors_as_command_errors
from shared_apps.organizations.services import organization_create
from shared_apps.users.services import find_user


class Command(BaseCommand):
    help = "Create an organization with its own schema, in one transaction."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("schema_name", help="lowercase letters, digits and underscores")
        parser.add_argument("--name", required=True, help="name on pages")
        parser.add_argument("--owner", required=True, metavar="EMAIL", help="an existing user")
        parser.add_argument("--currency", default="EUR", help="ISO 4217 (default: EUR)")

    def handle(self, *args: Any, **options: Any) -> None:
        with service_errors_as_command_errors():
            organization = organization_create(
                schema_name=options["schema_name"],
                name=options["name"],
                owner=find_user(options["owner"]),
                currency=options["currency"],
            )
        self.stdout.write(
            f"Created {organization.schema_name}, owned by {options['owner']}; "
            f"its schema was {organization.provisioned}."
        )
