"""Memberships and their roles, and the user's own organization."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from shared_apps.organizations.models import Membership, Organization
from shared_apps.organizations.services import membership_create
from shared_apps.users.models import User


def test_the_first_membership_sets_the_user_s_organization(nora: User, acme: Organization) -> None:
    membership_create(user=nora, organization=acme)

    assert nora.organization == acme
    nora.refresh_from_db()
    assert nora.organization == acme


def test_a_second_membership_keeps_the_user_s_organization(bob: User, globex: Organization) -> None:
    membership_create(user=bob, organization=globex)

    bob.refresh_from_db()

    assert bob.organization is not None
    assert bob.organization.schema_name == "acme"


def test_the_default_role_is_member(nora: User, acme: Organization) -> None:
    assert membership_create(user=nora, organization=acme).role == "member"


def test_a_second_membership_in_the_same_organization_is_rejected(
    bob: User, acme: Organization
) -> None:
    with pytest.raises(ValidationError, match="is already a member"):
        membership_create(user=bob, organization=acme, role="owner")  # type: ignore[arg-type]
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(user=bob, organization=acme)


def test_postgresql_rejects_an_unknown_role(nora: User, acme: Organization) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(user=nora, organization=acme, role="king")


def test_postgresql_rejects_an_unknown_status(acme: Organization) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Organization.objects.filter(pk=acme.pk).update(status="lost")
