"""Who acts in a request, for services of an organization."""

from shared_apps.organizations.models import Membership
from shared_apps.users.models import ApiToken, User

from .principal import not_a_member
from .requests import TenantRequest


def membership_of(request: TenantRequest) -> Membership:
    """Return the caller's membership.

    Raises:
        DomainError: 403 `not_a_person`, for a key; `not_a_member`, if the membership has ended
            since the request began.
    """
    memberships = Membership.objects.select_related("user", "organization")
    own = memberships.filter(user=request.principal.person, organization=request.organization)
    if membership := own.first():
        return membership
    raise not_a_member()


def caller_of(request: TenantRequest) -> Membership | ApiToken:
    """Return the caller's membership, or their key.

    Raises:
        DomainError: 403 `not_a_member`, if it has ended since the request began.
    """
    caller = request.principal.user
    if isinstance(caller, User):
        return membership_of(request)
    if key := ApiToken.objects.filter(pk=caller.key_id).first():
        return key
    raise not_a_member()
