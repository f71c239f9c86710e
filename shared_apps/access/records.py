"""Signing in and out, by the browser's form, as the audit log has it; tokens have actions there."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record
from shared_apps.core.counters import memory
from shared_apps.users.models import User

MAX_FAILURES = 100
"""So many failed sign-ins a minute does a worker write down, of all callers together: else anyone
could fill the table. What is throttled is not among them; each is a line of the service's log."""


@receiver(user_logged_in)
def record_sign_in(user: User, **_: Any) -> None:
    """Record a sign-in, in the organization where the user lands, if any."""
    record(AuditAction.USER_SIGNED_IN, organization=user.organization, subject=user, actor=user)


@receiver(user_logged_out)
def record_sign_out(user: User | None, **_: Any) -> None:
    """Record the end of a session."""
    if user is not None:
        record(
            AuditAction.USER_SIGNED_OUT, organization=user.organization, subject=user, actor=user
        )


@receiver(user_login_failed)
def record_failed_sign_in(credentials: dict[str, Any], **_: Any) -> None:
    """Write down which account was tried, where that looks like one: some type their password."""
    ((number, _left),) = memory.add(["audit:sign_in.failed"])
    if number <= MAX_FAILURES:
        tried = str(credentials.get("username") or "")
        record(AuditAction.SIGN_IN_FAILED, subject=tried if "@" in tried else "")
