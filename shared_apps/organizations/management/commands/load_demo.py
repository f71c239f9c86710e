"""load_demo: create two organizations with different data, and a staff user."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from shared_apps.core.commands import service_errors_as_command_errors
from shared_apps.organizations.models import Organization
from shared_apps.organizations.services import organization_create
from shared_apps.organizations.tenant_apps import load_demo_of_apps
from shared_apps.users.models import User
from shared_apps.users.services import user_create
from tenantry.context import tenant_context


@dataclass(frozen=True, slots=True)
class Demo:
    """An organization of the demo and its owner."""

    schema_name: str
    name: str
    user_name: str
    email: str
    password: str


DEMOS = (
    Demo(
        schema_name="client1",
        name="Client 1",
        user_name="rich_dude",
        email="h@gmail.com",
        password="ovious_password1",  # noqa: S106 (public on purpose)
    ),
    Demo(
        schema_name="client2",
        name="Client 2",
        user_name="poor_dude",
        email="p@gmail.com",
        password="ovious_password2",  # noqa: S106 (public on purpose)
    ),
)
STAFF_EMAIL = "staff@example.com"
STAFF_PASSWORD = "tenantry-demo"  # noqa: S105 (public on purpose)


class Command(BaseCommand):
    """Creates missing parts of the demo and does not change existing ones."""

    help = "Load the demo: client1 and client2 with their users and data, and a staff user."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("The demo's passwords are public, so it needs DEBUG=true.")
        for demo in DEMOS:
            if not Organization.objects.filter(schema_name=demo.schema_name).exists():
                with service_errors_as_command_errors():
                    load(demo)
                self.stdout.write(f"Loaded {demo.schema_name}.")
        if not User.objects.filter(email__iexact=STAFF_EMAIL).exists():
            User.objects.create_superuser(STAFF_EMAIL, STAFF_PASSWORD, name="Staff")
            self.stdout.write(f"Loaded {STAFF_EMAIL}.")


@transaction.atomic
def load(demo: Demo) -> None:
    user = user_create(email=demo.email, name=demo.user_name, password=demo.password)
    organization = organization_create(schema_name=demo.schema_name, name=demo.name, owner=user)
    with tenant_context(organization):
        load_demo_of_apps(organization=organization, owner=user)
