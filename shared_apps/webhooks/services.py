"""Writes of endpoints, for the API and staff.

Those of a caller raise, as `caller_lock`, if the caller may no longer write.
"""

from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus
from typing import TypedDict, Unpack

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record
from shared_apps.core.errors import DomainError
from shared_apps.core.sealing import SecretUnreadable
from shared_apps.organizations.actors import organization_lock
from shared_apps.organizations.models import Organization

from . import signing
from .callers import Caller, caller_lock
from .models import Delivery, Endpoint
from .targets import checked_url

MAX_ENDPOINTS = 10  # of an organization


def endpoint_lock(endpoint: Endpoint, *, to_delete: bool = False) -> Endpoint | None:
    """Lock an endpoint and read it again; None if it was deleted.

    A transaction that writes deliveries locks their endpoint first. In another order, two of them
    could wait for each other. An event takes a weaker lock, which waits only for `to_delete`.
    """
    locked = Endpoint.objects.select_for_update(no_key=not to_delete)
    return locked.filter(pk=endpoint.pk).first()


def _locked(endpoint: Endpoint, *, to_delete: bool = False) -> Endpoint:
    if locked := endpoint_lock(endpoint, to_delete=to_delete):
        return locked
    raise DomainError("not_found", "This webhook was deleted.", HTTPStatus.NOT_FOUND)


def webhook_create(
    *,
    organization: Organization,
    caller: Caller | None,
    url: str,
    events: list[str],
    is_enabled: bool = True,
) -> tuple[Endpoint, str]:
    """Register a URL for events.

    Returns:
        The endpoint and its secret, which later can only be replaced.

    Raises:
        ValidationError: for `url`.
        DomainError: 409 `too_many_webhooks`.
    """
    url = checked_url(url)
    secret = signing.new_secret()
    with transaction.atomic():
        organization_lock(organization.pk)  # Concurrent requests count one after the other.
        caller_lock(caller)
        endpoints = Endpoint.objects.filter(schema_name=organization.schema_name)
        if endpoints.count() >= MAX_ENDPOINTS:
            raise DomainError(
                "too_many_webhooks",
                f"An organization has at most {MAX_ENDPOINTS} webhooks. Delete one first.",
            )
        endpoint = Endpoint.objects.create(
            schema_name=organization.schema_name,
            url=url,
            events=events,
            is_enabled=is_enabled,
            secret=signing.SEAL.encrypt(secret),
        )
        record(AuditAction.WEBHOOK_CREATED, organization=endpoint, subject=endpoint, events=events)
    return endpoint, secret


class EndpointChanges(TypedDict, total=False):
    url: str
    events: list[str]
    is_enabled: bool


def webhook_change(
    *, endpoint: Endpoint, caller: Caller | None, **changes: Unpack[EndpointChanges]
) -> Endpoint:
    """Change the given fields. A new URL, and one that is switched on, is tried immediately.

    Raises:
        ValidationError: for `url`.
        DomainError: 404 `not_found`.
    """
    if "url" in changes:
        changes["url"] = checked_url(changes["url"])
    differs = Endpoint.objects.filter(pk=endpoint.pk).exclude(**changes)
    with transaction.atomic():
        caller_lock(caller)
        before = _locked(endpoint)
        if changes and differs.update(**changes):
            if changes.get("url", before.url) != before.url or (
                changes.get("is_enabled") and not before.is_enabled
            ):
                _start_again(endpoint)
            record(
                AuditAction.WEBHOOK_CHANGED,
                organization=endpoint,
                subject=endpoint,
                changes=changes,
            )
        endpoint.refresh_from_db()
    return endpoint


def _start_again(endpoint: Endpoint) -> None:
    """Forget the failures, and try what waits."""
    Endpoint.objects.filter(pk=endpoint.pk).update(
        failures=0, failing_since=None, retry_at=None, is_slow=False
    )
    waiting = endpoint.deliveries.filter(status=Delivery.Status.WAITING)
    waiting.update(due_at=timezone.now())


def webhook_delete(*, endpoint: Endpoint, caller: Caller | None) -> None:
    """Delete an endpoint with its deliveries.

    It waits for open transactions with an event for the endpoint.

    Raises:
        DomainError: 404 `not_found`.
    """
    with transaction.atomic():
        caller_lock(caller)
        _locked(endpoint, to_delete=True)
        record(AuditAction.WEBHOOK_DELETED, organization=endpoint, subject=endpoint)
        endpoint.delete()


def webhook_rotate(*, endpoint: Endpoint, caller: Caller | None, overlap: timedelta) -> str:
    """Replace the secret and return the new one. The old one signs, too, until the overlap ends.

    If the old one cannot be read, there is no overlap, and what waits is tried immediately.

    Raises:
        DomainError: 404 `not_found`.
    """
    secret = signing.new_secret()
    with transaction.atomic():
        caller_lock(caller)
        locked = _locked(endpoint)
        is_readable = signing.SEAL.can_read(locked.secret)
        until = timezone.now() + overlap if overlap and is_readable else None
        Endpoint.objects.filter(pk=endpoint.pk).update(
            secret=signing.SEAL.encrypt(secret),
            old_secret=locked.secret if until else "",
            old_secret_until=until,
        )
        if not is_readable:
            _start_again(endpoint)
        record(
            AuditAction.WEBHOOK_ROTATED,
            organization=endpoint,
            subject=endpoint,
            old_secret_until=until,
        )
    return secret


def webhook_redeliver(
    *, endpoint: Endpoint, caller: Caller | None, chosen: QuerySet[Delivery]
) -> int:
    """Deliver messages of the endpoint again, soon, and return their number.

    Raises:
        DomainError: 404 `not_found`, 409 `webhook_disabled`.
    """
    with transaction.atomic():
        caller_lock(caller)
        if not _locked(endpoint).is_enabled:
            raise DomainError(
                "webhook_disabled", "This webhook is switched off. Switch it on first."
            )
        Endpoint.objects.filter(pk=endpoint.pk).update(retry_at=None)
        count = chosen.filter(endpoint=endpoint).update(
            status=Delivery.Status.WAITING, attempts=0, due_at=timezone.now()
        )
        if count:
            record(
                AuditAction.WEBHOOK_REDELIVERED,
                organization=endpoint,
                subject=endpoint,
                count=count,
            )
    return count


def webhook_switch_off(*, endpoint: Endpoint, reason: str = "") -> bool:
    """Send nothing more. What waits is kept, and sent if the endpoint is switched on in time.

    Returns:
        Whether it was on until now.
    """
    with transaction.atomic():
        enabled = Endpoint.objects.filter(pk=endpoint.pk, is_enabled=True)
        was_on = bool(enabled.update(is_enabled=False))
        if was_on:
            record(
                AuditAction.WEBHOOK_SWITCHED_OFF,
                organization=endpoint,
                subject=endpoint,
                reason=reason,
            )
    endpoint.is_enabled = False
    return was_on


def secrets_encrypt_again() -> int:
    """Encrypt all secrets with the present SECRET_KEY, so that SECRET_KEY_FALLBACKS can go.

    Returns:
        The number of endpoints. A secret that no key can read stays as it is.
    """
    changed = 0
    for endpoint in Endpoint.objects.iterator() if settings.SECRET_KEY_FALLBACKS else ():
        stored = Endpoint.objects.filter(
            pk=endpoint.pk, secret=endpoint.secret, old_secret=endpoint.old_secret
        )
        with suppress(SecretUnreadable):
            changed += stored.update(
                secret=signing.SEAL.encrypt_again(endpoint.secret),
                old_secret=endpoint.old_secret and signing.SEAL.encrypt_again(endpoint.old_secret),
            )
    return changed
