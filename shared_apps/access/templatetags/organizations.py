"""`memberships_of`, for the switch of organizations."""

from django import template
from django.db.models import QuerySet

from shared_apps.organizations.models import Membership, Organization
from shared_apps.users.models import User

register = template.Library()


@register.simple_tag
def memberships_of(user: User) -> "QuerySet[Membership]":
    """Return the user's memberships in active organizations."""
    return user.memberships.filter(organization__status=Organization.Status.ACTIVE).select_related(
        "organization"
    )
