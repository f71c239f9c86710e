"""Services of invitations.

The link of an invitation has a token, of which the database has only the hash. They run without a
tenant: while one is active, the table of users has only its people.
"""

from datetime import timedelta
from http import HTTPStatus

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record
from shared_apps.core.addresses import address_key, storable_address
from shared_apps.core.errors import DomainError
from shared_apps.core.links import absolute
from shared_apps.jobs.mail import mail_send
from shared_apps.users.models import MAX_EMAIL, ApiToken, User
from shared_apps.users.sign_up import may_sign_up
from shared_apps.users.token_form import new_link_token
from tenantry.context import tenant_context

from .actors import Actor, organization_lock, require_may_manage
from .models import Invitation, Membership, Organization
from .recipients import name_in_mail, require_few_invitations
from .roles import Role

LIFETIME = timedelta(days=7)
KEPT = timedelta(days=30)  # after the end: it can be sent again until then
MAX_LIVE = 200  # of an organization


@tenant_context(None)
def invitation_create(
    *, organization: Organization, email: str, role: Role, actor: Actor
) -> Invitation:
    """Invite an address, and mail it a link that works for 7 days.

    An address without an account, and that of a deactivated user, get the same result as any other.

    Raises:
        ValidationError: for `email`, if mail cannot reach it, or it has no account and SIGN_UP is
            `closed`.
        DomainError: 403 `permission_denied`; 409 `already_member`, `already_invited` or
            `too_many_invitations`; 429 `throttled`, for many to the address in a day, unless staff
            invite.
    """
    email = _checked(email)
    key = address_key(email)
    with transaction.atomic():
        organization = organization_lock(organization.pk)
        require_may_manage(actor, role)
        _require_new(organization, email, key)
        _require_account(key)
        if actor is not None:
            require_few_invitations(organization, email)
        invitation = Invitation(organization=organization, email=email, email_key=key, role=role)
        token = _renew(invitation, actor)
        record(AuditAction.INVITATION_CREATED, organization=organization, subject=email, role=role)
        _mail(invitation, token)
    return invitation


def _checked(email: str) -> str:
    if len(email) > MAX_EMAIL:
        raise ValidationError({"email": f"Use at most {MAX_EMAIL} characters."})
    try:
        return storable_address(email)
    except DomainError as error:
        raise ValidationError({"email": error.detail}) from error


def _require_new(organization: Organization, email: str, key: str) -> None:
    """Check that the address can be invited, and delete an invitation that no longer works."""
    members = Membership.objects.filter(organization=organization)
    if members.filter(user__in=User.objects.with_address(key)).exists():
        raise DomainError("already_member", f"{email} is already a member.")
    invitations = Invitation.objects.filter(organization=organization)
    same = invitations.filter(email_key=key)
    if same.live().exists():
        raise DomainError(
            "already_invited", f"{email} was invited already. Send that invitation again instead."
        )
    same.delete()
    if invitations.live().count() >= MAX_LIVE:
        raise DomainError(
            "too_many_invitations",
            f"{MAX_LIVE} invitations wait for an answer. Revoke some, or wait until they expire.",
        )


def _require_account(key: str) -> None:
    if not may_sign_up(invited=True) and not User.objects.with_address(key).exists():
        raise ValidationError(
            {"email": "This address has no account, and only support can create one. Ask support."}
        )


def _renew(invitation: Invitation, actor: Actor) -> str:
    """Save the invitation with a new token, of which nothing else is stored, and return that."""
    token, invitation.token_digest = new_link_token()
    invitation.expires_at = timezone.now() + LIFETIME
    invitation.inviter = actor if isinstance(actor, Membership) else None
    invitation.key = actor if isinstance(actor, ApiToken) else None
    invitation.save()
    return token


def _mail(invitation: Invitation, token: str) -> None:
    """Send the link; the mail waits while the organization is suspended."""
    organization = invitation.organization
    name = name_in_mail(organization.name)
    context = {
        "organization": name,
        "inviter": name_in_mail(invitation.invited_by()),
        "facts": [
            ("Organization", name),
            ("Your role", Role(invitation.role).label),
            ("Works until", invitation.expires_at),
        ],
    }
    with tenant_context(organization):
        mail_send(
            to=invitation.email,
            template="organizations/invitation",
            context=context,
            sealed={"url": absolute(f"/invitations/{token}/")},
        )


@tenant_context(None)
def invitation_resend(*, invitation: Invitation, actor: Actor) -> Invitation:
    """Send a new link, which works for 7 days. The old one stops, and the actor is the inviter.

    Raises:
        DomainError: 403 `permission_denied`, 404 `not_found`; 429 as `invitation_create`.
    """
    with transaction.atomic():
        organization = organization_lock(invitation.organization_id)
        invitation = _now(invitation)
        require_may_manage(actor, invitation.role)
        if actor is not None:
            require_few_invitations(organization, invitation.email)
        token = _renew(invitation, actor)
        record(
            AuditAction.INVITATION_RESENT,
            organization=organization,
            subject=invitation,
            role=invitation.role,
        )
        _mail(invitation, token)
    return invitation


@tenant_context(None)
def invitation_revoke(*, invitation: Invitation, actor: Actor) -> None:
    """End an invitation; its link stops immediately.

    Raises:
        DomainError: 403 `permission_denied`, 404 `not_found`.
    """
    with transaction.atomic():
        organization = organization_lock(invitation.organization_id)
        invitation = _now(invitation)
        require_may_manage(actor, invitation.role)
        record(
            AuditAction.INVITATION_REVOKED,
            organization=organization,
            subject=invitation,
            role=invitation.role,
        )
        invitation.delete()


def _now(invitation: Invitation) -> Invitation:
    """Read an invitation again, after `organization_lock`."""
    found = Invitation.objects.select_related("organization").filter(pk=invitation.pk).first()
    if found is None:
        raise DomainError(
            "not_found",
            "This invitation was accepted or revoked. Reload the list.",
            HTTPStatus.NOT_FOUND,
        )
    return found


def invitations_clear() -> int:
    """Delete the addresses of invitations that ended long ago, and return their number."""
    deleted, _ = Invitation.objects.filter(expires_at__lt=timezone.now() - KEPT).delete()
    return deleted
