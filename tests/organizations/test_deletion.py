"""Users and organizations cannot be deleted, because other rows refer to them."""

import pytest
from django.db.models import ProtectedError

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User


def test_a_user_without_memberships_cannot_be_deleted(nora: User) -> None:
    with pytest.raises(ProtectedError, match="never deleted"):
        nora.delete()


def test_a_queryset_of_users_cannot_be_deleted(nora: User) -> None:
    with pytest.raises(ProtectedError, match="never deleted"):
        User.objects.filter(pk=nora.pk).delete()


def test_an_organization_cannot_be_deleted(acme: Organization) -> None:
    acme.memberships.all().delete()

    with pytest.raises(ProtectedError):
        acme.delete()
