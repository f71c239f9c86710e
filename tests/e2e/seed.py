"""Users and organizations of the browser tests, in addition to the demo.

`manage.py shell -c "from tests.e2e.seed import create_users; create_users()"`
"""

from django.contrib.auth.models import Group
from django.core.management import call_command

from shared_apps.organizations.models import Membership, Organization
from shared_apps.organizations.roles import Role
from shared_apps.organizations.services import membership_create
from shared_apps.users.models import User

PASSWORD = "a password for the browser tests"


def create_users() -> None:
    """Olga is an operator, Susan is in support, Stella has no group; Mia is a member of both."""
    for name, groups in (
        ("olga", ["Tenantry operator"]),
        ("susan", ["Tenantry support"]),
        ("stella", []),
    ):
        user = User.objects.create_user(
            f"{name}@staff.example", PASSWORD, name=name.capitalize(), is_staff=True
        )
        user.groups.set(Group.objects.filter(name__in=groups))
    mia = User.objects.create_user("mia@example.com", PASSWORD, name="Mia")
    for organization in Organization.objects.filter(schema_name__startswith="client"):
        membership_create(user=mia, organization=organization, role=Role.MEMBER)
    call_command("refresh_sizes")


def create_organizations(total: int) -> None:
    """Create organizations without schemas, each with an owner, up to a total."""
    numbers = range(Organization.objects.count(), total)
    organizations = Organization.objects.bulk_create(
        Organization(schema_name=f"crowd_{n}", name=f"Crowd {n}") for n in numbers
    )
    users = User.objects.bulk_create(
        User(email=f"owner{n}@crowd.example", name=f"Owner {n}", password="!") for n in numbers
    )
    Membership.objects.bulk_create(
        Membership(user=user, organization=organization, role=Role.OWNER)
        for user, organization in zip(users, organizations, strict=True)
    )
    call_command("refresh_sizes")
