"""`memberships_of`, for the switch of organizations."""

from django import template

from shared_apps.organizations.models import Membership, Organization
from shared_apps.users.models import User
from shared_apps.users.service_accounts import ServiceAccount
from tenantry.roles import as_owner

register = template.Library()


@register.simple_tag
def memberships_of(user: User | ServiceAccount) -> list[Membership]:
    """Return the memberships in active organizations; a key has none."""
    if isinstance(user, ServiceAccount):
        return []
    active = user.memberships.filter(organization__status=Organization.Status.ACTIVE)
    with as_owner(reason="Memberships are in `public`."):
        return list(active.select_related("organization"))
