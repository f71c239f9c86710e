"""remove_second_factor: for users who have lost phone and recovery codes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shared_apps.accounts.second_factor.services import second_factor_remove
from shared_apps.core.commands import service_errors_as_command_errors
from shared_apps.users.services import find_user


class Command(BaseCommand):
    help = "Remove a user's authenticator app, passkeys and recovery codes, and mail the user."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="of the user")

    def handle(self, *args: Any, **options: Any) -> None:
        with service_errors_as_command_errors():
            user = find_user(options["email"])
            if not second_factor_remove(user=user):
                raise CommandError(f"{user.email} has no second factor.")
        self.stdout.write(
            f"{user.email} signs in with the password alone, and can add a second factor again."
        )
