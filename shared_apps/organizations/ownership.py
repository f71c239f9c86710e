"""Handing over an organization: an owner offers it to a member, who accepts within 7 days.

Both run without a tenant, as the services of memberships do.
"""

from datetime import timedelta
from http import HTTPStatus

from django.db import transaction
from django.utils import timezone

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record
from shared_apps.core.errors import DomainError
from shared_apps.core.links import absolute
from shared_apps.core.request import current_actor
from shared_apps.jobs.mail import mail_send
from tenantry.context import tenant_context

from .actors import membership_now, organization_lock, require_may_manage
from .models import Membership, Organization, OwnershipOffer
from .roles import Role
from .services import membership_change

LIFETIME = timedelta(days=7)


@tenant_context(None)
def ownership_offer(*, membership: Membership, actor: Membership) -> OwnershipOffer:
    """Offer the organization to a member, and mail them. It replaces an earlier offer.

    Raises:
        DomainError: 403 `permission_denied`, 404 `not_found`; 409 `already_owner`, or
            `user_deactivated` if the member could not accept.
    """
    with transaction.atomic():
        organization = organization_lock(membership.organization_id)
        require_may_manage(actor, Role.OWNER)
        member = membership_now(membership)
        if member.role == Role.OWNER:
            raise DomainError("already_owner", f"{member.user.name} is an owner already.")
        if not member.user.is_active:
            raise DomainError(
                "user_deactivated", f"{member.user.name} is deactivated and cannot accept."
            )
        OwnershipOffer.objects.filter(organization=organization).delete()
        offer = OwnershipOffer.objects.create(
            organization=organization,
            by=actor,
            to=member,
            expires_at=timezone.now() + LIFETIME,
        )
        record(AuditAction.OWNERSHIP_OFFERED, organization=organization, subject=member.user)
        _mail(organization, offer)
    return offer


def _mail(organization: Organization, offer: OwnershipOffer) -> None:
    context = {
        "organization": organization.name,
        "owner": offer.by.user.name,
        "url": absolute("/members/"),
        "facts": [
            ("Organization", organization.name),
            ("Offered by", offer.by.user.name),
            ("When", offer.created_at),
            *([("From", address)] if (address := current_actor().address) else []),
            ("Until", offer.expires_at),
        ],
    }
    with tenant_context(organization):
        mail_send(
            to=offer.to.user.email, template="organizations/ownership_offered", context=context
        )


@tenant_context(None)
def find_offer(organization: Organization) -> OwnershipOffer | None:
    """Return the offer that waits for an answer, if any."""
    offers = OwnershipOffer.objects.select_related("by__user", "to__user")
    return offers.filter(organization=organization, expires_at__gt=timezone.now()).first()


@tenant_context(None)
def ownership_accept(*, actor: Membership) -> Membership:
    """Make the member an owner, and the owner who offered it an admin.

    Raises:
        DomainError: 404 `not_found`, if nothing was offered to this member; 410 `offer_expired`,
            also if the one who offered is not an active owner any more.
    """
    with transaction.atomic():
        organization = organization_lock(actor.organization_id)
        offers = OwnershipOffer.objects.select_related("by__user", "to__user")
        offer = offers.filter(organization=organization, to=actor).first()
        if offer is None:
            raise DomainError(
                "not_found",
                "No ownership was offered to you. Ask an owner of the organization.",
                HTTPStatus.NOT_FOUND,
            )
        by_owner = offer.by.role == Role.OWNER and offer.by.user.is_active
        if offer.expires_at <= timezone.now() or not by_owner:
            raise DomainError(
                "offer_expired",
                "This offer has expired. Ask an owner of the organization for another one.",
                HTTPStatus.GONE,
            )
        record(
            AuditAction.OWNERSHIP_ACCEPTED,
            organization=organization,
            subject=offer.to.user,
            offered_by=offer.by.user.email,
        )
        # First the new owner: the organization has one at any moment. Each change ends the offer.
        membership = membership_change(membership=offer.to, role=Role.OWNER)
        membership_change(membership=offer.by, role=Role.ADMIN)
    return membership
