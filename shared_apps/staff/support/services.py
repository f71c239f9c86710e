"""Staff enter and leave an organization."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record
from shared_apps.core.request import client_address
from shared_apps.organizations.models import Organization
from shared_apps.staff.models import SupportSession

SESSION_KEY = "support_session"
MAY_ENTER = "tenantry_staff.enter_organization"
MAY_WRITE = "tenantry_staff.write_in_organization"


def support_enter(
    *, request: HttpRequest, organization: Organization, reason: str, read_only: bool
) -> SupportSession:
    """Start a support session of `SUPPORT_SESSION_MINUTES`, and end the previous one.

    Raises:
        PermissionDenied: the user may not enter, or not to write.
    """
    user = request.user
    if isinstance(user, AnonymousUser) or not user.has_perm(MAY_ENTER):
        raise PermissionDenied
    if not read_only and not user.has_perm(MAY_WRITE):
        raise PermissionDenied
    with transaction.atomic():
        support_leave(request=request)
        now = timezone.now()
        session = SupportSession.objects.create(
            user=user,
            organization=organization,
            reason=reason,
            read_only=read_only,
            address=client_address(request),
            started_at=now,
            expires_at=now + timedelta(minutes=settings.SUPPORT_SESSION_MINUTES),
        )
        record(
            AuditAction.SUPPORT_ENTERED,
            organization=organization,
            reason=reason,
            read_only=read_only,
            support_session=session.pk,
        )
    request.session[SESSION_KEY] = session.pk
    return session


def support_leave(*, request: HttpRequest) -> None:
    """End the support session of this browser session, if any."""
    key = request.session.pop(SESSION_KEY, None)
    for session in SupportSession.objects.filter(pk=key).select_related("organization"):
        with transaction.atomic():
            open_one = SupportSession.objects.filter(pk=key, ended_at=None)
            if open_one.update(ended_at=timezone.now()):
                record(
                    AuditAction.SUPPORT_LEFT,
                    organization=session.organization,
                    support_session=session.pk,
                )


def live_session(request: HttpRequest) -> SupportSession | None:
    """Return the support session, unless it ended or expired or the user may no longer enter.

    It becomes read-only when the user loses the permission to write.
    """
    user = request.user
    if SESSION_KEY not in request.session or not user.is_staff or not user.has_perm(MAY_ENTER):
        return None
    session = (
        SupportSession.objects.filter(
            pk=request.session[SESSION_KEY],
            user_id=user.pk,
            ended_at=None,
            expires_at__gt=timezone.now(),
        )
        .select_related("organization")
        .first()
    )
    if session is not None:
        session.read_only = session.read_only or not user.has_perm(MAY_WRITE)
    return session


def leave_at_sign_out(request: HttpRequest, **_: Any) -> None:
    support_leave(request=request)
