"""An organization always has an owner who can sign in."""

from typing import Any

from django.dispatch import receiver

from shared_apps.core.errors import DomainError
from shared_apps.users.models import User
from shared_apps.users.services import user_deactivating

from .models import Membership, Organization
from .roles import Role


def keep_an_owner(organization_id: int, *, without: User) -> None:
    """Refuse to go on when that user is the only owner who can sign in.

    Locks the organization until the transaction ends: of two changes at once, the second counts
    the owners that the first left.

    Raises:
        DomainError: 409 `last_owner`.
    """
    organization = Organization.objects.select_for_update(no_key=True).get(pk=organization_id)
    owners = Membership.objects.filter(organization=organization, role=Role.OWNER)
    is_owner = owners.filter(user=without).exists()
    if is_owner and not owners.filter(user__is_active=True).exclude(user=without).exists():
        raise DomainError(
            "last_owner",
            f"{without} is the only owner of {organization}. Make another member an owner first.",
        )


@receiver(user_deactivating)
def keep_owners(user: User, **_: Any) -> None:
    """Keep the last owner of an organization from being deactivated.

    Raises:
        DomainError: 409 `last_owner`.
    """
    memberships = Membership.objects.filter(user=user).order_by("organization_id")
    for organization_id in memberships.values_list("organization_id", flat=True):
        keep_an_owner(organization_id, without=user)
