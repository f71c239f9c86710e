"""create_user: create a user, and optionally their membership."""

import sys
import warnings
from getpass import GetPassWarning, getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from shared_apps.core.commands import service_errors_as_command_errors
from shared_apps.core.texts import is_storable
from shared_apps.organizations.roles import Role
from shared_apps.organizations.services import find_organization, membership_create
from shared_apps.users.services import user_check, user_create


class Command(BaseCommand):
    """In this app and not in `users`, because it also creates a membership."""

    help = "Create a user, prompting for the password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="for the sign-in")
        parser.add_argument("--name", required=True)
        parser.add_argument("--organization", metavar="SCHEMA", help="make the user a member of it")
        parser.add_argument(
            "--role", choices=Role.values, help="in that organization (default: member)"
        )
        parser.add_argument(
            "--staff", action="store_true", help="allow the admin; --group sets the permissions"
        )
        parser.add_argument(
            "--group",
            help='of staff: "Tenantry support" reads, "Tenantry operator" also changes data '
            "(docs/admin.md); without a group, staff see nothing in the admin",
        )
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password from a line of stdin"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["role"] and not options["organization"]:
            raise CommandError("--role needs --organization.")
        if options["group"] and not options["staff"]:
            raise CommandError("--group needs --staff.")
        fields = {key: options[key] for key in ("email", "name", "group")}
        with service_errors_as_command_errors():
            user_check(**fields)
            organization = None
            if options["organization"] is not None:
                organization = find_organization(options["organization"])
            password = _from_stdin() if options["password_stdin"] else _ask()
            with transaction.atomic():
                user = user_create(**fields, password=password, is_staff=options["staff"])
                if organization:
                    role = Role(options["role"] or Role.MEMBER)
                    membership_create(user=user, organization=organization, role=role)
        self.stdout.write(f"Created {user.email}.")
        if user.is_staff and not options["group"]:
            self.stdout.write(
                "They can sign in to the admin, but see nothing there until a superuser adds them "
                "to a group. With --group they are in a group from the start."
            )


def _from_stdin() -> str:
    try:
        line = sys.stdin.readline()
    except UnicodeDecodeError:
        line = "\0"
    if not line:
        raise CommandError("Standard input is empty. Send the password as its first line.")
    if not is_storable(line):
        raise CommandError("The password on standard input is not UTF-8 text.")
    return line.rstrip("\r\n")


def _ask() -> str:
    try:
        with warnings.catch_warnings():
            # getpass warns before it would echo the password.
            warnings.simplefilter("error", GetPassWarning)
            password, again = getpass("Password: "), getpass("Password (again): ")
    except (EOFError, GetPassWarning):
        raise CommandError("The prompt needs a terminal. Use --password-stdin.") from None
    if password != again:
        raise CommandError("The passwords differ.")
    return password
