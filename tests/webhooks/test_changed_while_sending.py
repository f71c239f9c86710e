"""The outcome of an attempt, when the endpoint was changed meanwhile."""

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from shared_apps.audit.models import AuditEntry
from shared_apps.jobs.models import Job
from shared_apps.webhooks import client, delivery
from shared_apps.webhooks.client import Outcome
from shared_apps.webhooks.delivery import DEAD_AFTER, LEAST_FAILURES, deliver_due
from shared_apps.webhooks.models import Delivery, Endpoint
from shared_apps.webhooks.services import webhook_change

from .changes import Change, delete, disable, move, redeliver_all, switch_off
from .fixtures import CHANGED, Hook, deliver, emit
from .receiver import Server, serving

WhileSending = Callable[[Callable[[], Any]], None]


@pytest.fixture
def while_sending(monkeypatch: pytest.MonkeyPatch) -> WhileSending:
    """Call a function once, after the receiver has responded to the next message."""

    def while_sending(function: Callable[[], Any]) -> None:
        functions = [function]

        def send(*args: Any, **kwargs: Any) -> Outcome:
            outcome = client.send(*args, **kwargs)
            if functions:
                functions.pop()()
            return outcome

        monkeypatch.setattr(delivery, "send", send)

    return while_sending


@pytest.fixture
def dying(receiver: Server, hook: Hook) -> Endpoint:
    """An endpoint with a message, which is switched off if that fails."""
    endpoint, _ = hook(receiver.url)
    receiver.respond_with(500)
    Endpoint.objects.update(
        failures=LEAST_FAILURES, failing_since=timezone.now() - DEAD_AFTER, is_slow=True
    )
    emit(1)
    return endpoint


def test_the_last_attempt_of_an_unchanged_endpoint_switches_it_off(dying: Endpoint) -> None:
    deliver()

    assert not Endpoint.objects.get().is_enabled
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("status", [204, 500])
def test_a_new_url_starts_without_failures_and_gets_the_message(
    dying: Endpoint, receiver: Server, while_sending: WhileSending, status: int
) -> None:
    receiver.respond_with(status)
    with serving() as other:
        while_sending(lambda: webhook_change(endpoint=dying, caller=None, url=other.url))
        deliver()

        assert other.messages() == [(CHANGED, 1)]
    endpoint = Endpoint.objects.get()
    assert (endpoint.is_enabled, endpoint.failures, endpoint.retry_at) == (True, 0, None)
    assert mail.outbox == []


def test_a_timeout_of_the_old_url_does_not_make_the_new_one_slow(
    receiver: Server, hook: Hook, while_sending: WhileSending, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "QUICK", 0.1)
    released = Event()
    receiver.is_silent_until(released)
    endpoint, _ = hook(receiver.url)
    emit(1)
    while_sending(lambda: move(endpoint))

    deliver_due(endpoint.pk)
    released.set()

    assert not Endpoint.objects.get().is_slow


@pytest.mark.parametrize("change", [disable, switch_off, delete])
def test_owners_get_no_mail_if_the_webhook_was_off_before(
    dying: Endpoint, while_sending: WhileSending, change: Change
) -> None:
    while_sending(lambda: change(dying))
    before = AuditEntry.objects.count()

    deliver()

    assert mail.outbox == []
    assert AuditEntry.objects.count() == before + 1
    assert Job.objects.get().status == "SUCCESSFUL"


def test_an_endpoint_that_was_switched_off_shows_its_last_attempt(
    dying: Endpoint, while_sending: WhileSending
) -> None:
    while_sending(lambda: switch_off(dying))

    deliver()

    last = Delivery.objects.get()
    assert (last.status, last.attempts, last.response_status) == ("waiting", 1, 500)


@pytest.mark.parametrize("status", [204, 500])
def test_a_redelivery_of_all_keeps_the_order_of_a_message_that_is_being_sent(
    receiver: Server, hook: Hook, while_sending: WhileSending, status: int
) -> None:
    endpoint, _ = hook(receiver.url)
    emit(1, "first")
    deliver()
    emit(1, "second")
    receiver.respond_with(status)

    def redeliver_and_recover() -> None:
        redeliver_all(endpoint)
        receiver.respond_with(204)

    while_sending(redeliver_and_recover)
    deliver()
    Endpoint.objects.update(retry_at=None)
    deliver()

    assert receiver.texts(1) == ["first", "second", "first", "second"]
    assert {(each.status, each.attempts) for each in Delivery.objects.all()} == {("delivered", 1)}
