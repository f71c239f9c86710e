"""Mails to strangers, whom an organization invites: how many, and which text of ours they show."""

import re
from datetime import timedelta
from http import HTTPStatus

from django.db.models.functions import Upper
from django.utils import timezone

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.models import AuditEntry
from shared_apps.core.addresses import address_spellings
from shared_apps.core.errors import DomainError

from .models import Organization

MAX_A_DAY = 5

_MAX_NAME = 80  # characters
# Programs that show mail make a link of `evil.example` and of `https://evil`.
_LINK = re.compile(r"(?<=\S)(://|\.)(?=\S)")


def require_few_invitations(organization: Organization, email: str) -> None:
    """Check that the organization has sent the address few invitations within a day.

    They are counted in the audit log, as a revoked invitation leaves no row. Call it after
    `organization_lock`.

    Raises:
        DomainError: 429 `throttled`.
    """
    since = timezone.now() - timedelta(days=1)
    spellings = {spelling.upper() for spelling in address_spellings(email)}
    sent = AuditEntry.objects.alias(upper=Upper("subject")).filter(
        upper__in=spellings,
        schema_name=organization.schema_name,
        action__in=[AuditAction.INVITATION_CREATED, AuditAction.INVITATION_RESENT],
        at__gt=since,
    )
    recent = list(sent.order_by("-id").values_list("at", flat=True)[:MAX_A_DAY])
    if len(recent) == MAX_A_DAY:
        raise DomainError(
            "throttled",
            f"{email} got {MAX_A_DAY} invitations within a day. Try again tomorrow.",
            HTTPStatus.TOO_MANY_REQUESTS,
            retry_after=int((recent[-1] - since).total_seconds()) + 1,
        )


def name_in_mail(name: str) -> str:
    """Return the name of an organization or a person as one short text that is no link."""
    line = _LINK.sub(lambda found: f"{found[0].rstrip('/')} ", " ".join(name.split()))
    return line if len(line) <= _MAX_NAME else f"{line[: _MAX_NAME - 1]}…"
