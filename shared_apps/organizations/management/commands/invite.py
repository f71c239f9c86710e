"""invite: mail a person a link with which they become a member of an organization."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from shared_apps.core.commands import service_errors_as_command_errors
from shared_apps.organizations.invitations import invitation_create
from shared_apps.organizations.roles import Role
from shared_apps.organizations.services import find_organization


class Command(BaseCommand):
    help = "Invite an address to an organization, by a mail with a link that works for 7 days."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="where the link is sent")
        parser.add_argument(
            "--organization", metavar="SCHEMA", required=True, help="to become a member of it"
        )
        parser.add_argument(
            "--role", choices=Role.values, default=Role.MEMBER, help="there (default: member)"
        )
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        with service_errors_as_command_errors():
            invitation = invitation_create(
                organization=find_organization(options["organization"]),
                email=options["email"],
                role=Role(options["role"]),
                actor=None,
            )
        if options["json"]:
            shown = {
                "id": invitation.pk,
                "email": invitation.email,
                "organization": invitation.organization.schema_name,
                "role": invitation.role,
                "expires_at": f"{invitation.expires_at:%Y-%m-%dT%H:%M:%SZ}",
            }
            self.stdout.write(json.dumps(shown))
        else:
            self.stdout.write(
                f"Invited {invitation.email} to {invitation.organization.schema_name}. The link in "
                f"the mail works until {invitation.expires_at:%Y-%m-%d %H:%M} UTC."
            )
