"""An organization always has an active owner."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.dispatch import receiver
from django.utils.text import get_text_list

from shared_apps.core.errors import DomainError
from shared_apps.users.models import User
from shared_apps.users.services import user_deactivating
from tenantry.context import tenant_context

from .actors import organization_lock
from .models import Membership, Organization
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
    if owned_alone(without).filter(pk=organization.pk).exists():
        raise _last_owner(without, [organization])


def owned_alone(user: User) -> QuerySet[Organization]:
    """Return the organizations that have no other active owner than this user."""
    owners = Membership.objects.filter(organization=OuterRef("pk"), role=Role.OWNER)
    others = owners.filter(user__is_active=True).exclude(user=user)
    return Organization.objects.filter(Exists(owners.filter(user=user)), ~Exists(others))


def _last_owner(user: User, organizations: Iterable[Organization]) -> DomainError:
    names = get_text_list([each.name for each in organizations], "and")
    return DomainError(
        "last_owner", f"{user} is the only owner of {names}. Make another member an owner first."
    )


@receiver(user_deactivating)
def prevent_loss_of_last_owner(user: User, **_: Any) -> None:
    """Raise DomainError `last_owner` if organizations would have no active owner.

    The lock of the user ends the wait for a membership that is being created (migration 0003), so
    the second look finds it, and a later one belongs to a deactivated user from its beginning.
    """
    seen: list[int] = []
    for is_last in (False, True):
        memberships = Membership.objects.filter(user=user).exclude(organization_id__in=seen)
        new = memberships.order_by("organization_id").values_list("organization_id", flat=True)
        for organization_id in list(new):
            organization_lock(organization_id)
            seen.append(organization_id)
        if not is_last:
            User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if left := list(owned_alone(user)):
        raise _last_owner(user, left)
