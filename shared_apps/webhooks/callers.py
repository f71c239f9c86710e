"""Who writes an endpoint by a request, read again when the write begins."""

from typing import NamedTuple, Self

from shared_apps.access.actors import caller_of
from shared_apps.access.principal import Principal
from shared_apps.access.requests import TenantRequest
from shared_apps.access.tokens import credential_lock
from shared_apps.organizations.actors import organization_lock, require_may_manage
from shared_apps.organizations.models import Membership
from shared_apps.users.models import ApiToken


class Caller(NamedTuple):
    actor: Membership | ApiToken
    principal: Principal

    @classmethod
    def of(cls, request: TenantRequest) -> Self:
        return cls(caller_of(request), request.principal)


def caller_lock(caller: Caller | None) -> None:
    """Lock the caller's organization and credential: whoever has just lost them changes nothing.

    Args:
        caller: None for staff and commands.

    Raises:
        DomainError: 401 if the caller's token or session has ended meanwhile; 403
            `permission_denied` or `not_a_member`.
    """
    if caller is None:
        return
    organization_lock(caller.actor.organization_id)
    require_may_manage(caller.actor)
    credential_lock(caller.principal)
