"""A copy has the present name of a member, and the last name of a former one."""

from collections.abc import Callable

import pytest
from django.db import connection

from shared_apps.organizations.models import Membership, Organization
from shared_apps.organizations.services import membership_create, membership_remove
from shared_apps.users.models import User
from tenantry.context import tenant_context

from .reading import people_of


def by_save(user: User) -> None:
    user.name, user.email = "Robert", "robert@acme.example"
    user.save()


def by_update(user: User) -> None:
    User.objects.filter(pk=user.pk).update(name="Robert", email="robert@acme.example")


@pytest.mark.parametrize("rename", [by_save, by_update])
def test_a_renamed_member_has_the_new_name_in_each_organization(
    bob: User, acme: Organization, globex: Organization, rename: Callable[[User], None]
) -> None:
    membership_create(user=bob, organization=globex)

    rename(bob)

    for organization in (acme, globex):
        people = people_of(organization)
        assert people["robert@acme.example"] == "Robert"
        assert "bob@acme.example" not in people


def test_a_former_member_keeps_the_name_until_they_return(
    bob: User, acme: Organization, globex: Organization
) -> None:
    membership_create(user=bob, organization=globex)
    membership_remove(membership=Membership.objects.get(user=bob, organization=acme))

    by_save(bob)

    assert people_of(acme)["bob@acme.example"] == "Bob"
    assert people_of(globex)["robert@acme.example"] == "Robert"
    membership_create(user=bob, organization=acme)
    assert people_of(acme)["robert@acme.example"] == "Robert"


def rows_of(organization: Organization) -> list[tuple[object, ...]]:
    """Return ids of people with the places of their rows, which each write changes."""
    with tenant_context(organization), connection.cursor() as cursor:
        cursor.execute("SELECT id, ctid FROM tenantry_people_person ORDER BY id")
        return list(cursor.fetchall())


def test_a_save_without_a_new_name_writes_no_copy(bob: User, acme: Organization) -> None:
    before = rows_of(acme)

    bob.save()
    assert rows_of(acme) == before

    by_save(bob)
    assert rows_of(acme) != before
