"""An organization always has an active owner."""

from typing import Any

from django.dispatch import receiver

from shared_apps.core.errors import DomainError
from shared_apps.users.models import User
from shared_apps.users.services import user_deactivating

from .models import Membership, Organization
from .roles import Role


def keep_an_owner(organization_id: int, *, without: User) -> None:
    """Check that the organization has another active owner than this user.

    It locks the organization until the transaction ends, so the second of two concurrent changes
    counts the owners that the first one left.

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
    """Prevent the deactivation of an organization's last owner, by DomainError `last_owner`."""
    memberships = Membership.objects.filter(user=user).order_by("organization_id")
    for organization_id in memberships.values_list("organization_id", flat=True):
        keep_an_owner(organization_id, without=user)
