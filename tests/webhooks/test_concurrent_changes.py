"""Events, changes and the end of an attempt lock in one order, and what was read before is old."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from threading import Event
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from shared_apps.audit.models import AuditEntry
from shared_apps.core.errors import DomainError
from shared_apps.organizations.models import Organization
from shared_apps.webhooks import delivery
from shared_apps.webhooks.client import Outcome
from shared_apps.webhooks.delivery import deliver_due
from shared_apps.webhooks.models import Delivery, Endpoint
from shared_apps.webhooks.services import endpoint_lock, webhook_change, webhook_create
from tests.conftest import InThread, one_after_the_other, wait_for_blocked

from .changes import OLD_URL, Change, delete, disable, move, redeliver_all, rotate
from .fixtures import CHANGED, Hook, emit


@pytest.fixture
def committed_endpoint(
    local: None, in_thread: InThread, committed_organization: Organization
) -> Endpoint:
    def create() -> Endpoint:
        return webhook_create(
            organization=committed_organization, caller=None, url=OLD_URL, events=[CHANGED]
        )[0]

    endpoint: Endpoint = in_thread(create).result()
    return endpoint


@pytest.fixture
def emit_there(committed_organization: Organization) -> Callable[[], None]:
    """Emit an event in `committed_organization`."""
    return partial(emit, 1, organization=committed_organization.schema_name)


def rows(in_thread: InThread, endpoint: Endpoint) -> list[int]:
    """Return the numbers of committed endpoints and deliveries."""
    endpoints = Endpoint.objects.filter(pk=endpoint.pk)
    deliveries = Delivery.objects.filter(endpoint_id=endpoint.pk)
    return [in_thread(each.count).result() for each in (endpoints, deliveries)]


def test_a_deletion_waits_for_a_transaction_with_an_event(
    in_thread: InThread, committed_endpoint: Endpoint, emit_there: Callable[[], None]
) -> None:
    one_after_the_other(in_thread, emit_there, partial(delete, committed_endpoint))

    assert rows(in_thread, committed_endpoint) == [0, 0]


def test_an_event_during_a_deletion_is_written_for_no_endpoint(
    in_thread: InThread, committed_endpoint: Endpoint, emit_there: Callable[[], None]
) -> None:
    one_after_the_other(in_thread, partial(delete, committed_endpoint), emit_there)

    assert rows(in_thread, committed_endpoint) == [0, 0]


def test_an_event_waits_for_no_other_write_of_an_endpoint(
    in_thread: InThread, committed_endpoint: Endpoint, emit_there: Callable[[], None]
) -> None:
    """Another thread emits before the changes are committed."""

    def change() -> None:
        with transaction.atomic():
            move(committed_endpoint)
            rotate(committed_endpoint)
            redeliver_all(committed_endpoint)
            in_thread(emit_there).result(timeout=10)

    in_thread(change).result()

    assert rows(in_thread, committed_endpoint) == [1, 1]


# --- Two transactions never wait for each other ---


@pytest.mark.parametrize("change", [move, redeliver_all, delete])
def test_the_end_of_an_attempt_waits_for_a_change(
    in_thread: InThread,
    committed_endpoint: Endpoint,
    emit_there: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    change: Change,
) -> None:
    """The change has locked the endpoint when the attempt ends, and then writes the deliveries."""
    sending, locked = Event(), Event()

    def send(*args: Any, **kwargs: Any) -> Outcome:
        sending.set()
        assert locked.wait(timeout=10)
        return Outcome(Delivery.Error.STATUS, 500)

    def change_late() -> None:
        assert sending.wait(timeout=10)
        with transaction.atomic():
            endpoint_lock(committed_endpoint, to_delete=change is delete)
            locked.set()
            in_thread(lambda: wait_for_blocked(1)).result()
            change(committed_endpoint)

    monkeypatch.setattr(delivery, "send", send)
    in_thread(emit_there).result()

    attempt = in_thread(lambda: deliver_due(committed_endpoint.pk))
    in_thread(change_late).result()

    assert attempt.result() == (1, None)


def test_messages_that_wait_for_an_earlier_one_are_moved_after_a_change(
    in_thread: InThread, committed_endpoint: Endpoint, emit_there: Callable[[], None]
) -> None:
    for _ in range(2):
        in_thread(emit_there).result()

    def let_the_first_one_wait() -> None:
        first = Delivery.objects.filter(endpoint=committed_endpoint).earliest("pk")
        Delivery.objects.filter(pk=first.pk).update(due_at=timezone.now() + timedelta(hours=1))

    in_thread(let_the_first_one_wait).result()

    one_after_the_other(
        in_thread,
        partial(endpoint_lock, committed_endpoint),
        partial(delivery._next, committed_endpoint),
    )


# --- Two requests: the second one has read the webhook before the first one changed it ---


def test_a_webhook_that_was_just_switched_off_delivers_nothing_again(
    hook: Hook, local: None
) -> None:
    endpoint, _ = hook(OLD_URL)
    emit(1)
    disable(Endpoint.objects.get())

    with pytest.raises(DomainError) as raised:
        redeliver_all(endpoint)

    assert raised.value.code == "webhook_disabled"


def test_a_url_that_was_just_changed_and_is_changed_back_is_tried_immediately(
    hook: Hook, local: None
) -> None:
    endpoint, _ = hook(OLD_URL)
    move(Endpoint.objects.get())
    Endpoint.objects.update(failures=9, retry_at=timezone.now() + timedelta(hours=1))

    webhook_change(endpoint=endpoint, caller=None, url=OLD_URL)

    assert (endpoint.url, endpoint.failures, endpoint.retry_at) == (OLD_URL, 0, None)


@pytest.mark.parametrize("change", [disable, redeliver_all, rotate, delete])
def test_a_change_of_a_webhook_that_was_just_deleted_is_not_found(
    hook: Hook, local: None, change: Change
) -> None:
    endpoint, _ = hook(OLD_URL)
    delete(Endpoint.objects.get())

    with pytest.raises(DomainError) as raised:
        change(endpoint)

    assert (raised.value.status, raised.value.code) == (404, "not_found")
    assert AuditEntry.objects.latest("pk").action == "webhook.deleted"
