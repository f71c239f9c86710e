"""Who changes members, and whether they may.

An actor is a membership; a key, which is not a person; or None for staff and commands, which may do
everything.
"""

from http import HTTPStatus

from shared_apps.core.errors import DomainError
from shared_apps.users.models import ApiToken

from .models import Membership, Organization
from .roles import Role

Actor = Membership | ApiToken | None


def organization_lock(organization_id: int) -> Organization:
    """Lock the organization until the transaction ends, and read it.

    Each change of an organization's people takes this lock first, and then reads again what it
    depends on. So of two concurrent changes the second sees the result of the first.
    """
    return Organization.objects.select_for_update(no_key=True).get(pk=organization_id)


def membership_now(membership: Membership) -> Membership:
    """Read a membership again, after `organization_lock`.

    Raises:
        DomainError: 404 `not_found`, if it has ended.
    """
    found = Membership.objects.select_related("user", "organization").filter(pk=membership.pk)
    if now := found.first():
        return now
    raise DomainError(
        "not_found", "This person is no longer a member. Reload the list.", HTTPStatus.NOT_FOUND
    )


def require_may_manage(actor: Actor, *roles: Role | str) -> None:
    """Check that the actor may give and take these roles: owners all, admins all but theirs.

    Call it after `organization_lock`: the actor's role is read again.

    Raises:
        DomainError: 403 `permission_denied`, or `not_a_member` if the actor's membership has ended.
    """
    role = _role_now(actor)
    if role == Role.OWNER or (role == Role.ADMIN and Role.OWNER not in roles):
        return
    if role == Role.ADMIN:
        text = "Only an owner can do this with owners. Ask an owner of the organization."
    else:
        text = "Your role does not allow this. Ask an admin or an owner of the organization."
    raise DomainError("permission_denied", text, HTTPStatus.FORBIDDEN)


def _role_now(actor: Actor) -> Role:
    match actor:
        case None:
            return Role.OWNER
        case ApiToken():
            keys = ApiToken.objects.live().filter(pk=actor.pk, user=None)
            # The lock keeps staff from deleting the key before it is stored as the inviter.
            role = keys.select_for_update(no_key=True).values_list("role", flat=True).first()
        case Membership():
            active = Membership.objects.filter(pk=actor.pk, user__is_active=True)
            role = active.values_list("role", flat=True).first()
    if role is None:
        raise DomainError(
            "not_a_member",
            "Your membership or your key has ended. Nothing was changed.",
            HTTPStatus.FORBIDDEN,
        )
    return Role(role)
