"""The migration fills the schemas of organizations that exist, also while people join."""

from collections.abc import Callable, Iterator

import pytest
from django.core.management import call_command
from pytest_django import Settings

from shared_apps.organizations.models import Membership, Organization
from shared_apps.users.models import User
from tenantry.context import tenant_context
from tenantry.names import TEMPLATE
from tenantry.schemas.catalog import differences
from tests.conftest import InThread, one_after_the_other
from tests.tenantry.guard_app.models import Document

from .reading import people_of

pytestmark = pytest.mark.proof


def migrate(organization: Organization, *target: str) -> None:
    schema = [organization.schema_name]
    call_command("migrate_tenants", "tenantry_people", *target, schema=schema, jobs=1, verbosity=0)


@pytest.fixture
def unmigrated(in_thread: InThread, committed_organization: Organization) -> Iterator[Organization]:
    """An organization of the release before, with a member. The template is migrated with it."""
    in_thread(lambda: migrate(committed_organization, "zero")).result()
    yield committed_organization
    in_thread(lambda: migrate(committed_organization)).result()


@pytest.fixture
def second(in_thread: InThread, unmigrated: Organization) -> User:
    """A user who is not a member yet."""
    email = f"second.{unmigrated.schema_name}@race.example"
    return in_thread(lambda: User.objects.create_user(email, name="Second")).result()  # type: ignore[no-any-return]


def test_before_the_migration_users_are_those_of_public(
    in_thread: InThread, unmigrated: Organization, second: User, settings: Settings
) -> None:
    settings.TENANT_ROLES = False
    join(second, unmigrated, in_thread)

    found = in_thread(lambda: people_of(unmigrated)).result()

    assert {second.email, "charlie@globex.example"} <= found.keys()


def test_members_and_referred_users_are_copied(
    in_thread: InThread, unmigrated: Organization, second: User
) -> None:
    def refer() -> None:
        with tenant_context(unmigrated):
            Document.objects.create(title="Old", author_id=second.pk)

    in_thread(refer).result()

    in_thread(lambda: migrate(unmigrated)).result()

    assert set(in_thread(lambda: people_of(unmigrated)).result().values()) == {"Racer", "Second"}


def join(user: User, organization: Organization, in_thread: InThread) -> None:
    in_thread(lambda: Membership.objects.create(user=user, organization=organization)).result()


def rename_owner(organization: Organization) -> None:
    User.objects.filter(organization=organization, name="Racer").update(name="Renamed")


@pytest.mark.parametrize("migrates_first", [True, False])
def test_a_membership_during_the_migration_is_not_lost(
    in_thread: InThread, unmigrated: Organization, second: User, migrates_first: bool
) -> None:
    both: tuple[Callable[[], object], ...] = (
        lambda: migrate(unmigrated),
        lambda: Membership.objects.create(user=second, organization=unmigrated),
    )

    one_after_the_other(in_thread, *(both if migrates_first else both[::-1]))

    assert set(in_thread(lambda: people_of(unmigrated)).result().values()) == {"Racer", "Second"}


@pytest.mark.parametrize("migrates_first", [True, False])
def test_a_new_name_during_the_migration_is_not_lost(
    in_thread: InThread, unmigrated: Organization, migrates_first: bool
) -> None:
    both: tuple[Callable[[], object], ...] = (
        lambda: migrate(unmigrated),
        lambda: rename_owner(unmigrated),
    )

    one_after_the_other(in_thread, *(both if migrates_first else both[::-1]))

    assert set(in_thread(lambda: people_of(unmigrated)).result().values()) == {"Renamed"}


def test_a_migrated_schema_equals_the_template(
    in_thread: InThread, unmigrated: Organization
) -> None:
    in_thread(lambda: migrate(unmigrated)).result()

    name = unmigrated.schema_name
    assert in_thread(lambda: differences(TEMPLATE, name)).result() == []
