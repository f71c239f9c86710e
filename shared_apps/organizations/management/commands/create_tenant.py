"""create_tenant: an organization, its schema and its owner's membership."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from shared_apps.core.commands import service_errors_as_command_errors
from shared_apps.organizations.services import find_user, organization_create


class Command(BaseCommand):
    """Thin: the admin creates organizations through the same service."""

    help = "Create an organization with a schema of its own, all of it or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("schema_name", help="lower-case letters, digits, underscores")
        parser.add_argument("--name", required=True, help="what people call it")
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
