"""Services of browser sessions. Each has a row, and ends when the row is deleted."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record
from shared_apps.audit.storable import storable_text
from shared_apps.core.errors import not_authenticated
from tenantry.context import tenant_context

from .models import MAX_DEVICE, OldSessionsEnded, SignInSession, User

WRITTEN_EVERY = timedelta(minutes=5)
"""Between two writes of the last use. A write for each request would be expensive."""


@tenant_context(None)
def session_start(
    *, user_id: int, device: str, address: str | None, organization_id: int | None = None
) -> SignInSession:
    """Create the row of a session.

    Args:
        device: the browser's User-Agent.
        organization_id: the session's choice.
    """
    return SignInSession.objects.create(
        user_id=user_id,
        device=storable_text(device, MAX_DEVICE),
        address=address,
        organization_id=organization_id,
        last_used=timezone.now(),
    )


@tenant_context(None)
def session_use(*, session_id: int, last_used: datetime, address: str | None) -> None:
    """Write the last use, if none was written within 5 minutes before.

    Args:
        last_used: as the caller has read it. Another request can have written it meanwhile.
        address: where the request came from.
    """
    now = timezone.now()
    if last_used < now - WRITTEN_EVERY:
        unwritten = SignInSession.objects.filter(pk=session_id, last_used=last_used)
        unwritten.update(last_used=now, address=address)


@tenant_context(None)
def session_choose(*, session: SignInSession, organization_id: int) -> None:
    """Set the organization that the session works in.

    Raises:
        IntegrityError: the session's user is no member of it.
    """
    with transaction.atomic():
        SignInSession.objects.filter(pk=session.pk).update(organization_id=organization_id)


@tenant_context(None)
def session_lock(session_id: int | None) -> None:
    """Lock a session until the transaction ends, for what is made in it and outlives it.

    Args:
        session_id: None for a session without a row, which was ended.

    Raises:
        DomainError: 401 `not_authenticated`, if it was ended meanwhile.
    """
    rows = SignInSession.objects.select_for_update(no_key=True)
    if session_id is None or not rows.filter(pk=session_id).exists():
        raise not_authenticated()


@tenant_context(None)
def session_end(*, session: SignInSession) -> None:
    """End a session; its browser is signed out with the next request."""
    with transaction.atomic():
        deleted, _ = SignInSession.objects.filter(pk=session.pk).delete()
        if deleted:  # Otherwise a concurrent request ended and recorded it.
            record(AuditAction.SESSION_ENDED, subject=session.user, device=session.device)


@tenant_context(None)
def sessions_end(*, user: User, besides: int | None = None) -> None:
    """End all sessions of a user, also those of 0.4.0 that were not used since the upgrade.

    Args:
        besides: the id of a session that stays, such as that of the request.
    """
    OldSessionsEnded.objects.bulk_create([OldSessionsEnded(user=user)], ignore_conflicts=True)
    for session in SignInSession.objects.filter(user=user):
        if session.pk != besides:
            session_end(session=session)


def sessions_clear() -> int:
    """Delete rows of sessions that expired in the browser; return their number."""
    unused = timezone.now() - timedelta(seconds=settings.SESSION_COOKIE_AGE)
    return SignInSession.objects.filter(last_used__lt=unused).delete()[0]
