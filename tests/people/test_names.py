"""A copy has the present name of a member, and the last name of a former one."""

from collections.abc import Callable

import pytest

from shared_apps.organizations.models import Membership, Organization
from shared_apps.organizations.services import membership_create, membership_remove
from shared_apps.users.models import User
from tests.conftest import ClientOf

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


def test_a_sign_in_does_not_write_the_copies(
    bob: User, acme: Organization, client_of: ClientOf
) -> None:
    by_save(bob)
    before = people_of(acme)

    bob.save()

    assert people_of(acme) == before
