"""create_user: somebody who can sign in, and where they belong."""

import sys
from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shared_apps.api.commands import refusals_as_command_errors
from shared_apps.organizations.roles import Role
from shared_apps.organizations.services import user_create


class Command(BaseCommand):
    """Lives with organizations because a user is best made together with a membership."""

    help = "Create a user, prompting for the password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="what the user signs in with")
        parser.add_argument("--name", required=True)
        parser.add_argument("--organization", metavar="SCHEMA", help="make the user a member of it")
        parser.add_argument(
            "--role", choices=Role.values, help="in that organization (default: member)"
        )
        parser.add_argument("--staff", action="store_true", help="may sign in to the admin")
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password's line from stdin"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["role"] and not options["organization"]:
            raise CommandError("--role says what the user is in --organization: name one.")
        with refusals_as_command_errors():
            user = user_create(
                email=options["email"],
                name=options["name"],
                password=self._read_password(from_stdin=options["password_stdin"]),
                is_staff=options["staff"],
                schema_name=options["organization"],
                role=Role(options["role"] or Role.MEMBER),
            )
        self.stdout.write(f"Created {user.email}.")

    def _read_password(self, *, from_stdin: bool) -> str:
        if from_stdin:
            return sys.stdin.readline().rstrip("\r\n")
        try:
            password, again = getpass("Password: "), getpass("Password (again): ")
        except EOFError:
            raise CommandError("There is nobody to ask: use --password-stdin.") from None
        if password != again:
            raise CommandError("The two passwords are not the same.")
        return password
