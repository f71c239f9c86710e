"""An organization always has an active owner."""

from typing import Any

from django.dispatch import receiver

from shared_apps.core.errors import DomainError
from shared_apps.users.models import User
from shared_apps.users.services import user_deactivating
from tenantry.context import tenant_context

from .actors import organization_lock
from .models import Membership
from .roles import Role


@tenant_context(None)  # A tenant has no `is_active` of its people.
def require_another_owner(organization_id: int, *, without: User) -> None:
    """Check that the organization has another active owner than this user.

    Locks the organization until the transaction ends, so the second of two concurrent changes sees
    the result of the first one.

    Raises:
        DomainError: 409 `last_owner`.
    """
    organization = organization_lock(organization_id)
    owners = Membership.objects.filter(organization=organization, role=Role.OWNER)
    is_owner = owners.filter(user=without).exists()
    if is_owner and not owners.filter(user__is_active=True).exclude(user=without).exists():
        raise DomainError(
            "last_owner",
            f"{without} is the only owner of {organization}. Make another member an owner first.",
        )


@receiver(user_deactivating)
def prevent_loss_of_last_owner(user: User, **_: Any) -> None:
    """Raise DomainError `last_owner` if an organization would have no active owner.

    The lock of the user ends the wait for a membership that is being created (migration 0003), so
    the second look finds it, and a later one belongs to a deactivated user from its beginning.
    """
    seen: list[int] = []
    for is_last in (False, True):
        memberships = Membership.objects.filter(user=user).exclude(organization_id__in=seen)
        new = memberships.order_by("organization_id").values_list("organization_id", flat=True)
        for organization_id in list(new):
            require_another_owner(organization_id, without=user)
            seen.append(organization_id)
        if not is_last:
            User.objects.select_for_update(no_key=True).get(pk=user.pk)
