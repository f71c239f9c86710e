"""Delivers the messages of an endpoint, one after the other.

One task at a time has the endpoint, by a lease in its row. A message waits until the earlier ones
about the same object were delivered or given up.
"""

import random
from datetime import timedelta
from itertools import accumulate
from pathlib import Path
from time import monotonic

from django.db import transaction
from django.db.models import Exists, OuterRef, Subquery
from django.utils import timezone

from shared_apps.core.deletion import delete_in_batches
from shared_apps.core.sealing import SecretUnreadable

from . import signing
from .client import Outcome, send
from .mails import notify_owners
from .models import Delivery, Endpoint
from .services import endpoint_lock, webhook_switch_off

Status = Delivery.Status

QUICK = 2.0  # seconds that a message may take, to delay no others
PATIENT = 10.0  # seconds for a slow endpoint, which delays only other slow ones
TURN = 1.0  # seconds after which other endpoints have their turn
LEASE = 30.0  # seconds
MOST_DUE = 500  # endpoints that get a task in one second; the others get it in the next

PAUSES = (5, 30, 120, 600, 1_800, 3_600, 7_200, *[10_800] * 7)
"""Seconds after each failed attempt of a message; together a day. Then it is given up."""
LONGEST_PAUSE = 3_600
"""Seconds after which an endpoint that failed is tried again with some other message."""
VARIATION = 1.1  # Pauses are up to so many times as long, so that not all end at the same time.
DEAD_AFTER = timedelta(days=1)
LEAST_FAILURES = sum(
    VARIATION * passed < DEAD_AFTER.total_seconds() for passed in accumulate(PAUSES, initial=0)
)
"""Failures of a day: a single message has so many with the longest pauses, others add more.

An endpoint with fewer was not tried all day, because no worker ran or the organization was
suspended.
"""
KEPT = timedelta(days=7)

_CLAIM = """
    UPDATE public.tenantry_webhooks_endpoint SET leased_until = %(until)s
    WHERE id = %(id)s AND is_enabled
        AND coalesce(retry_at, '-infinity') <= %(now)s
        AND (coalesce(leased_until, '-infinity') <= %(now)s OR leased_until = %(own)s)
    RETURNING *
"""
_DUE = Path(__file__).parent / "sql" / "due_endpoints.sql"


def due_endpoints(*, task: str) -> list[Endpoint]:
    """Return the first endpoints with a message that is due, if no task has or waits for them.

    Args:
        task: the path of the task that delivers.
    """
    values = {"now": timezone.now(), "task": task, "limit": MOST_DUE}
    return list(Endpoint.objects.raw(_DUE.read_text(), values))


def deliver_due(endpoint_id: int) -> tuple[int, Endpoint | None]:
    """Deliver what is due, until a second has passed or an attempt fails.

    Returns:
        The number of attempts, and the endpoint if more is due.
    """
    attempts, begun = 0, monotonic()
    endpoint = _claim(endpoint_id)
    while endpoint and (delivery := _next(endpoint)):
        if monotonic() - begun >= TURN:
            _release(endpoint)
            return attempts, endpoint
        outcome = _attempt(endpoint, delivery)
        _store(endpoint, delivery, outcome)
        attempts += 1
        if outcome.error:
            break
        endpoint = _claim(endpoint_id, own=endpoint)
    if endpoint:
        _release(endpoint)
    return attempts, None


def _claim(endpoint_id: int, own: Endpoint | None = None) -> Endpoint | None:
    """Take or extend the lease; None if another task has it, or nothing may be sent now."""
    now = timezone.now()
    values = {
        "id": endpoint_id,
        "now": now,
        "until": now + timedelta(seconds=LEASE),
        "own": own and own.leased_until,
    }
    return next(iter(Endpoint.objects.raw(_CLAIM, values)), None)


def _release(endpoint: Endpoint) -> None:
    own = Endpoint.objects.filter(pk=endpoint.pk, leased_until=endpoint.leased_until)
    own.update(leased_until=None)


def _next(endpoint: Endpoint) -> Delivery | None:
    """Return the message to send now.

    One that has failed comes after those that have not, so one that is always rejected holds up no
    other object.
    """
    due = endpoint.deliveries.filter(status=Status.WAITING, due_at__lte=timezone.now())
    same_object = Delivery.objects.filter(
        endpoint=OuterRef("endpoint"), subject=OuterRef("subject"), status=Status.WAITING
    )
    first_ones = due.exclude(Exists(same_object.filter(id__lt=OuterRef("id"))))
    if chosen := first_ones.order_by("attempts", "id").first():
        return chosen
    if due.exists():
        with transaction.atomic():
            endpoint_lock(endpoint)
            # What waits for an earlier message is not due before that one.
            due.update(due_at=Subquery(same_object.order_by("id").values("due_at")[:1]))
    return None


def _attempt(endpoint: Endpoint, delivery: Delivery) -> Outcome:
    now, body = timezone.now(), delivery.body.encode()
    try:
        live = [signing.SEAL.decrypt(endpoint.secret)]
        if endpoint.old_secret_until and endpoint.old_secret_until > now:
            live.append(signing.SEAL.decrypt(endpoint.old_secret))
    except SecretUnreadable:
        return Outcome(Delivery.Error.SECRET)
    headers = signing.signed_headers(
        message_id=delivery.message_id, body=body, at=now, live_secrets=live
    )
    return send(endpoint.url, body, headers, timeout=PATIENT if endpoint.is_slow else QUICK)


def _store(endpoint: Endpoint, delivery: Delivery, outcome: Outcome) -> None:
    with transaction.atomic():
        current = endpoint_lock(endpoint)
        if not current:
            return
        # The outcome does not apply to an endpoint that was changed during the attempt.
        is_same = (current.url, current.is_enabled) == (endpoint.url, endpoint.is_enabled)
        if outcome.error == Delivery.Error.TIMEOUT and not endpoint.is_slow:
            # The message gets its time among the slow ones.
            Endpoint.objects.filter(pk=endpoint.pk).update(is_slow=is_same or current.is_slow)
            return
        _store_delivery(delivery, outcome)
        if is_same and outcome.error:
            _count_failure(current, Delivery.Error(outcome.error))
        elif is_same:
            Endpoint.objects.filter(pk=endpoint.pk).update(
                failures=0, failing_since=None, retry_at=None, is_slow=outcome.seconds > QUICK
            )


def _store_delivery(delivery: Delivery, outcome: Outcome) -> None:
    now, attempts = timezone.now(), delivery.attempts + 1
    status, due_at = Status.DELIVERED, now
    if outcome.error:
        status = Status.WAITING if attempts <= len(PAUSES) else Status.FAILED
        due_at = now + _pause(attempts)
    # Not one that is to be delivered again, or to another URL: it is due at another time by now.
    Delivery.objects.filter(
        pk=delivery.pk, status=Status.WAITING, attempts=delivery.attempts, due_at=delivery.due_at
    ).update(
        status=status,
        attempts=attempts,
        due_at=due_at,
        attempted_at=now,
        error=outcome.error,
        response_status=outcome.status,
        response_ms=int(outcome.seconds * 1000),
        response=outcome.response,
    )


def _count_failure(endpoint: Endpoint, error: Delivery.Error) -> None:
    """Let the endpoint wait; after a day of failures, switch it off and notify the owners.

    Args:
        endpoint: as it is now; it is locked.
    """
    now = timezone.now()
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    endpoint.retry_at = now + min(_pause(endpoint.failures), timedelta(seconds=LONGEST_PAUSE))
    endpoint.is_slow = True
    endpoint.save(update_fields=("failures", "failing_since", "retry_at", "is_slow"))
    if (
        endpoint.failures >= LEAST_FAILURES
        and now - endpoint.failing_since >= DEAD_AFTER
        and webhook_switch_off(endpoint=endpoint, reason="All messages of a day failed.")
    ):
        notify_owners(endpoint, error=error)


def _pause(failures: int) -> timedelta:
    """Return the pause after so many failures."""
    seconds = PAUSES[min(failures, len(PAUSES)) - 1]
    return timedelta(seconds=seconds * random.uniform(1, VARIATION))  # noqa: S311


def clear_deliveries() -> int:
    """Delete the deliveries of events that are older than 7 days, and return their number."""
    return delete_in_batches(Delivery.objects.filter(created_at__lt=timezone.now() - KEPT))
