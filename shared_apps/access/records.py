"""Audit entries of sign-in and sign-out in the browser; `users.services` records tokens."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record
from shared_apps.core.counters import memory
from shared_apps.users.models import User

MAX_FAILURES = 100
"""Failed sign-ins that a worker records in a minute, for all callers together. Without a limit
anyone could fill the table. The service's log has all of them. Throttled sign-ins do not count."""


@receiver(user_logged_in)
def record_sign_in(user: User, **_: Any) -> None:
    """Record a sign-in in the user's own organization, if any."""
    record(AuditAction.USER_SIGNED_IN, organization=user.organization, subject=user, actor=user)


@receiver(user_logged_out)
def record_sign_out(user: User | None, **_: Any) -> None:
    if user is not None:
        record(
            AuditAction.USER_SIGNED_OUT, organization=user.organization, subject=user, actor=user
        )


@receiver(user_login_failed)
def record_failed_sign_in(credentials: dict[str, Any], **_: Any) -> None:
    """Record the email of a failed sign-in, but no other text: it may be a password."""
    ((number, _left),) = memory.add(["audit:sign_in.failed"])
    if number <= MAX_FAILURES:
        tried = str(credentials.get("username") or "")
        record(AuditAction.SIGN_IN_FAILED, subject=tried if "@" in tried else "")
