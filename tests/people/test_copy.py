"""`people_copy` fills a schema that is younger than its memberships, as the migration does."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from shared_apps.organizations.models import Membership, Organization
from shared_apps.organizations.services import membership_remove
from shared_apps.people.models import Person
from shared_apps.people.services import people_copy
from shared_apps.staff.models import SupportSession
from shared_apps.users.models import User
from tenantry.context import tenant_context
from tenantry.provisioning import create_schema
from tenantry.schemas.references import dangling_references
from tests.tenantry.guard_app.models import Document

from .reading import people_of


@pytest.fixture
def referred(acme: Organization, bob: User, stella: User, nora: User, charlie: User) -> set[str]:
    """A former member and staff, to whom rows of acme refer; the names of all its people."""
    membership_remove(membership=Membership.objects.get(user=bob))
    with tenant_context(acme):
        Document.objects.create(title="Old", author=bob)
        Document.objects.create(title="Without an author")
    for user, read_only in ((stella, False), (nora, True)):
        SupportSession.objects.create(
            user=user, organization=acme, read_only=read_only, expires_at=acme.created_at
        )
    with tenant_context(acme):
        Person.objects.all().delete()
    return {"Alice", "Bob", "Carol", "Stella"}


def test_members_and_referred_users_are_copied(acme: Organization, referred: set[str]) -> None:
    people_copy(schema_name="acme")

    assert set(people_of(acme).values()) == referred


def test_an_active_tenant_makes_no_difference(acme: Organization, referred: set[str]) -> None:
    with tenant_context("globex"):
        people_copy(schema_name="acme")

    assert set(people_of(acme).values()) == referred


def test_a_schema_that_is_younger_than_its_memberships(bob: User) -> None:
    organization = Organization.objects.create(schema_name="initech", name="Initech")
    Membership.objects.create(user=bob, organization=organization)
    create_schema("initech")
    assert people_of(organization) == {}

    people_copy(schema_name="initech")

    assert people_of(organization) == {"bob@acme.example": "Bob"}


def test_a_schema_without_the_table_gets_nothing(bob: User) -> None:
    organization = Organization.objects.create(schema_name="initech", name="Initech")
    Membership.objects.create(user=bob, organization=organization)

    people_copy(schema_name="initech")


def test_flush_of_an_organization_keeps_its_members(acme: Organization, referred: set[str]) -> None:
    with tenant_context(acme):
        connection.check_constraints()  # PostgreSQL empties no table with deferred checks.
        call_command("flush", interactive=False, verbosity=0)
        assert not Document.objects.exists()

    assert set(people_of(acme).values()) == referred - {"Bob"}


def test_fixtures_of_an_organization_have_its_people(
    acme: Organization, globex: Organization, bob: User, tmp_path: Path
) -> None:
    file = str(tmp_path / "acme.json")
    with tenant_context(acme):
        Document.objects.create(title="Plan", author=bob)
        models = ("tenantry_people", "guard_app.document")
        call_command("dumpdata", *models, natural_foreign=True, output=file)
    with tenant_context(globex):
        call_command("loaddata", file, verbosity=0)

        assert Document.objects.select_related("author").get().author == bob


def test_no_reference_is_dangling(acme: Organization, referred: set[str]) -> None:
    assert list(dangling_references("acme")) == []
