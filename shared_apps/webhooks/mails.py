"""Mails about webhooks."""

import structlog

from shared_apps.core.errors import DomainError
from shared_apps.jobs.mail import mail_send
from shared_apps.organizations.models import Membership, Organization
from shared_apps.organizations.roles import Role
from tenantry.context import tenant_context

from .models import Delivery, Endpoint

logger: structlog.stdlib.BoundLogger = structlog.get_logger("webhooks")


def notify_owners(endpoint: Endpoint, *, error: Delivery.Error) -> None:
    """Mail the owners that an endpoint was switched off."""
    organization = Organization.objects.get(schema_name=endpoint.schema_name)
    context = {
        "organization": organization.name,
        "path": f"/api/webhooks/{endpoint.pk}/",
        "facts": [
            ("URL", endpoint.url),
            ("Failing since", endpoint.failing_since),
            ("Last error", error.label),
        ],
    }
    for address in _owners(organization):
        try:
            mail_send(to=address, template="webhooks/switched_off", context=context)
        except DomainError as invalid:  # No reason to leave the endpoint on.
            logger.warning("an owner has no mail", reason=invalid.detail)


@tenant_context(None)  # A tenant has no `is_active` of its people.
def _owners(organization: Organization) -> list[str]:
    owners = Membership.objects.filter(
        organization=organization, role=Role.OWNER, user__is_active=True
    )
    return list(owners.values_list("user__email", flat=True))
