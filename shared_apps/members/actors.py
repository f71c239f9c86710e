"""Who acts in a request, for the services of members."""

from shared_apps.access.actors import caller_of
from shared_apps.access.requests import TenantRequest
from shared_apps.access.throttles import recipient_throttle
from shared_apps.core.throttles import Throttle, count
from shared_apps.organizations.models import Membership, Organization
from shared_apps.organizations.roles import Role, may
from shared_apps.users.models import ApiToken

from . import roles


def actor_of(request: TenantRequest, *changed: Role | str) -> Membership | ApiToken:
    """Return the caller's membership, or their key.

    Args:
        changed: the roles that the request gives or takes. One that manages members needs a token
            without scopes, else a token with scopes could make itself a stronger colleague.

    Raises:
        DomainError: 403 `insufficient_scope`, or `not_a_member`, if the membership or the key has
            ended since the request began.
    """
    if any(may(Role(role), roles.MANAGE) for role in changed):
        request.principal.require_scope(None)
    return caller_of(request)


def count_invitation(organization: Organization, *, to: str) -> None:
    """Count a mail that the organization sends to an address of its choice, also for that address.

    Raises:
        DomainError: 429 `throttled`.
    """
    count(Throttle("invitations", organization.pk), recipient_throttle(to))
