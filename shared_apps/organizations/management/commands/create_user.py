"""create_user: somebody who can sign in, and where they belong."""

import sys
import warnings
from getpass import GetPassWarning, getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shared_apps.core.commands import service_errors_as_command_errors
from shared_apps.core.texts import is_storable
from shared_apps.organizations.roles import Role
from shared_apps.organizations.services import user_check, user_create


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
        parser.add_argument(
            "--staff", action="store_true", help="may sign in to the admin; --group says for what"
        )
        parser.add_argument(
            "--group",
            help="of staff: support sees and reads, operator changes, too (docs/admin.md); "
            "without one, staff see nothing in the admin",
        )
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password's line from stdin"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["role"] and not options["organization"]:
            raise CommandError("--role says what the user is in --organization: name one.")
        if options["group"] and not options["staff"]:
            raise CommandError("--group says what --staff may do: add --staff.")
        who = {
            "email": options["email"],
            "name": options["name"],
            "schema_name": options["organization"],
            "group": options["group"],
        }
        with service_errors_as_command_errors():
            user_check(**who)
            user = user_create(
                **who,
                password=_from_stdin() if options["password_stdin"] else _ask(),
                is_staff=options["staff"],
                role=Role(options["role"] or Role.MEMBER),
            )
        self.stdout.write(f"Created {user.email}.")
        if user.is_staff and not options["group"]:
            self.stdout.write(
                "They can sign in to the admin, but see nothing there until a superuser puts them "
                "in a group; --group does that at once."
            )


def _from_stdin() -> str:
    try:
        line = sys.stdin.readline()
    except UnicodeDecodeError:
        line = "\0"
    if not line:
        raise CommandError("There is no password on standard input.")
    if not is_storable(line):
        raise CommandError("The password on standard input is not UTF-8 text.")
    return line.rstrip("\r\n")


def _ask() -> str:
    try:
        with warnings.catch_warnings():
            # Instead of showing what is typed.
            warnings.simplefilter("error", GetPassWarning)
            password, again = getpass("Password: "), getpass("Password (again): ")
    except (EOFError, GetPassWarning):
        raise CommandError("There is no terminal to ask at: use --password-stdin.") from None
    if password != again:
        raise CommandError("The two passwords are not the same.")
    return password
