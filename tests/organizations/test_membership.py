"""Memberships: who belongs where, as what, and where they land."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from shared_apps.organizations.models import Membership, Organization
from shared_apps.organizations.services import membership_create
from shared_apps.users.models import User


def test_the_first_one_says_where_the_user_lands(nora: User, acme: Organization) -> None:
    membership_create(user=nora, organization=acme)

    assert nora.organization == acme
    nora.refresh_from_db()
    assert nora.organization == acme


def test_a_second_one_moves_nobody(bob: User, globex: Organization) -> None:
    membership_create(user=bob, organization=globex)

    bob.refresh_from_db()

    assert bob.organization is not None
    assert bob.organization.schema_name == "acme"


def test_a_membership_is_that_of_a_member_unless_said_otherwise(
    nora: User, acme: Organization
) -> None:
    assert membership_create(user=nora, organization=acme).role == "member"


def test_nobody_belongs_twice(bob: User, acme: Organization) -> None:
    with pytest.raises(ValidationError, match="already is a member"):
        membership_create(user=bob, organization=acme, role="owner")  # type: ignore[arg-type]
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(user=bob, organization=acme)


def test_a_role_that_is_none_is_refused(nora: User, acme: Organization) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(user=nora, organization=acme, role="king")


def test_a_status_that_is_none_is_refused(acme: Organization) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Organization.objects.filter(pk=acme.pk).update(status="lost")


@pytest.mark.parametrize("who", ["user", "organization"])
def test_neither_users_nor_organizations_are_deleted(
    bob: User, acme: Organization, who: str
) -> None:
    with pytest.raises(ProtectedError):
        (bob if who == "user" else acme).delete()


def test_everything_tells_when_it_was_made(bob: User, acme: Organization) -> None:
    membership = Membership.objects.get(user=bob)

    assert bob.created_at <= membership.created_at
    assert acme.created_at <= membership.created_at
