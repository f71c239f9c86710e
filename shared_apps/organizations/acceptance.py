"""Accepting an invitation by the link of its mail.

The services run without a tenant: while one is active, the table of users has only its people.
"""

from http import HTTPStatus

from allauth.mfa.models import Authenticator
from django.db import transaction

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record
from shared_apps.core.errors import DomainError
from shared_apps.users.models import User
from shared_apps.users.services import has_address, owns_address
from shared_apps.users.token_form import token_digest
from tenantry.context import tenant_context

from .actors import organization_lock
from .models import Invitation, Membership, Organization
from .roles import Role
from .services import membership_create


@tenant_context(None)
def find_invitation(token: str) -> Invitation:
    """Return the invitation of a link.

    Raises:
        DomainError: 404 `not_found`, if it is unknown, used, revoked or replaced by a newer one.
    """
    found = Invitation.objects.select_related("organization", "inviter__user")
    if invitation := found.filter(token_digest=token_digest(token)).first():
        return invitation
    raise DomainError(
        "not_found",
        "This invitation is unknown, or was used, revoked or replaced by a newer mail. Look for "
        "the newest mail, or ask for another invitation.",
        HTTPStatus.NOT_FOUND,
    )


@tenant_context(None)
def require_acceptable(*, invitation: Invitation, user: User) -> None:
    """Check that the user may accept the invitation now.

    Raises:
        DomainError: 403 `invitation_not_yours` or `address_not_verified`, 410 `invitation_expired`,
            409 `already_member`, or 403 `organization_suspended`, `organization_archived` or
            `second_factor_required`.
    """
    organization = invitation.organization
    if not owns_address(user, invitation.email):
        if has_address(user, invitation.email):
            raise DomainError(
                "address_not_verified",
                f"Your address {user.email} is not verified. Enter it at /accounts/email/, open "
                "the link in the mail, then open this invitation again.",
                HTTPStatus.FORBIDDEN,
            )
        raise DomainError(
            "invitation_not_yours",
            f"You are signed in as {user.email}, and this invitation is for another address. "
            "Sign in with that one.",
            HTTPStatus.FORBIDDEN,
        )
    require_live(invitation=invitation)
    if Membership.objects.filter(organization=organization, user=user).exists():
        raise DomainError("already_member", f"You are already a member of {organization}.")
    if organization.status != Organization.Status.ACTIVE:
        raise DomainError(
            f"organization_{organization.status}",
            f"{organization} is {organization.status}. Contact support.",
            HTTPStatus.FORBIDDEN,
        )
    if organization.second_factor_required and not _has_second_factor(user):
        raise DomainError(
            "second_factor_required",
            f"{organization} requires a second factor. Add one at /accounts/2fa/, then open this "
            "invitation again.",
            HTTPStatus.FORBIDDEN,
        )


def _has_second_factor(user: User) -> bool:
    factors = Authenticator.objects.filter(user_id=user.pk)
    return bool(factors.exclude(type=Authenticator.Type.RECOVERY_CODES).exists())


@tenant_context(None)
def require_live(*, invitation: Invitation) -> None:
    """Check that the invitation can be accepted now.

    Raises:
        DomainError: 410 `invitation_expired`.
    """
    if Invitation.objects.filter(pk=invitation.pk).live().exists():
        return
    inviter = invitation.inviter
    asked = inviter.user.name if inviter else invitation.organization.name
    raise DomainError(
        "invitation_expired",
        f"This invitation has expired. Ask {asked} for another one.",
        HTTPStatus.GONE,
    )


@tenant_context(None)
def invitation_accept(*, token: str, user: User) -> Membership:
    """Make the user a member of the organization that invited them. The invitation ends.

    Raises:
        DomainError: as `find_invitation` and `require_acceptable`; 403 `user_deactivated`, if the
            user was deactivated meanwhile.
    """
    with transaction.atomic():
        organization_lock(find_invitation(token).organization_id)
        invitation = find_invitation(token)  # It may have ended while this call waited.
        user = _user_now(user)
        require_acceptable(invitation=invitation, user=user)
        membership = membership_create(
            user=user, organization=invitation.organization, role=Role(invitation.role)
        )
        inviter = invitation.inviter
        record(
            AuditAction.INVITATION_ACCEPTED,
            organization=invitation.organization,
            subject=invitation,
            actor=user,
            role=invitation.role,
            invited_by=inviter.user.email if inviter else None,
        )
        invitation.delete()
    return membership


def _user_now(user: User) -> User:
    """Lock a person who accepts, after `organization_lock`, and read them again.

    Raises:
        DomainError: 403 `user_deactivated`, if they were deactivated meanwhile.
    """
    active = User.objects.select_for_update(no_key=True).filter(pk=user.pk, is_active=True)
    if now := active.first():
        return now
    raise DomainError(
        "user_deactivated",
        "Your account is deactivated. Contact support.",
        HTTPStatus.FORBIDDEN,
    )
