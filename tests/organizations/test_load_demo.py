"""load_demo creates two organizations, their owners and a staff user."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from shared_apps.organizations.models import Membership, Organization
from shared_apps.users.models import User
from tenantry.testing import contents


@pytest.fixture
def demo(db: None, settings: Settings) -> None:
    settings.DEBUG = True
    call_command("load_demo")


def test_both_users_own_their_organizations(demo: None) -> None:
    owners = Membership.objects.filter(organization__schema_name__startswith="client")

    assert sorted(owners.values_list("user__email", "organization__schema_name", "role")) == [
        ("h@gmail.com", "client1", "owner"),
        ("p@gmail.com", "client2", "owner"),
    ]


def test_the_staff_user_is_a_superuser_without_memberships(demo: None) -> None:
    staff = User.objects.get(email="staff@example.com")

    assert staff.check_password("tenantry-demo")
    assert (staff.is_staff, staff.is_superuser) == (True, True)
    assert not staff.memberships.exists()


def test_loading_twice_changes_nothing(demo: None) -> None:
    Organization.objects.filter(schema_name="client1").update(name="Renamed")

    def everything() -> list[Any]:
        shared = [list(model.objects.values()) for model in (User, Organization, Membership)]
        return [*shared, contents("client1"), contents("client2")]

    before = everything()
    call_command("load_demo")

    assert everything() == before


def test_load_demo_fails_in_production(db: None, settings: Settings) -> None:
    settings.DEBUG = False

    with pytest.raises(CommandError, match="DEBUG"):
        call_command("load_demo")

    assert not User.objects.filter(email__in=["h@gmail.com", "staff@example.com"]).exists()
    assert not Organization.objects.filter(schema_name="client1").exists()
