"""A day of failures switches an endpoint off; an owner switches it on, off, or deletes it."""

from datetime import timedelta
from itertools import chain

from django.core import mail

from shared_apps.audit.models import AuditEntry
from shared_apps.users.models import User
from shared_apps.webhooks.delivery import LEAST_FAILURES, PAUSES
from shared_apps.webhooks.models import Delivery, Endpoint
from shared_apps.webhooks.services import webhook_change, webhook_delete
from shared_apps.webhooks.tasks import enqueue_deliveries

from .fixtures import CHANGED, Hook, deliver, deliver_later, emit, pass_time
from .receiver import Server, serving


def test_a_day_of_failures_switches_an_endpoint_off_and_notifies_the_owners(
    receiver: Server, hook: Hook, alice: User, carol: User
) -> None:
    hook(receiver.url)
    receiver.respond_with(500)
    emit(1)
    emit(2)

    passed = timedelta(0)
    deliver()
    while Endpoint.objects.get().is_enabled:
        passed += deliver_later()

    # The last attempt comes at most one pause of a message after the day.
    longest = timedelta(seconds=1.1 * max(PAUSES))
    assert timedelta(hours=24) <= passed < timedelta(hours=24) + longest
    (message,) = mail.outbox
    assert message.to == [alice.email]
    assert message.subject == "A webhook of Acme was switched off"
    assert receiver.url in message.body
    assert "The response was an error." in message.body
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.actor, entry.subject) == (
        "webhook.switched_off",
        "webhooks",
        receiver.url,
    )
    assert entry.data["task"] == "shared_apps.webhooks.tasks.deliver"


def test_a_day_of_failures_of_one_message_switches_an_endpoint_off(
    receiver: Server, hook: Hook
) -> None:
    hook(receiver.url)
    receiver.respond_with(500)
    emit(1)

    deliver()
    while Endpoint.objects.get().is_enabled:
        deliver_later()

    assert LEAST_FAILURES <= len(receiver.received) <= len(PAUSES) + 1


def test_a_day_without_a_worker_is_not_a_day_of_failures(receiver: Server, hook: Hook) -> None:
    hook(receiver.url)
    receiver.respond_with(500)
    emit(1)
    deliver()

    pass_time(timedelta(days=2))
    deliver()

    endpoint = Endpoint.objects.get()
    assert (endpoint.failures, endpoint.is_enabled, mail.outbox) == (2, True, [])


def test_a_success_in_between_keeps_an_endpoint_on(receiver: Server, hook: Hook) -> None:
    hook(receiver.url)
    for status in chain.from_iterable([(500, 204)] * 3):
        receiver.respond_with(status)
        emit(1)
        deliver()
        pass_time(timedelta(hours=13))
        deliver()

    assert Endpoint.objects.get().is_enabled
    assert mail.outbox == []


def test_an_endpoint_that_is_switched_off_gets_what_waits_when_it_is_on_again(
    receiver: Server, hook: Hook
) -> None:
    endpoint, _ = hook(receiver.url)
    receiver.respond_with(500)
    emit(1)
    deliver()
    receiver.respond_with(204)
    webhook_change(endpoint=endpoint, caller=None, is_enabled=False)
    pass_time(timedelta(hours=1))
    emit(2)
    deliver()
    assert len(receiver.received) == 1

    webhook_change(endpoint=endpoint, caller=None, is_enabled=True)
    deliver()

    assert receiver.messages() == [(CHANGED, 1), (CHANGED, 1)]


def test_a_new_url_is_tried_immediately(receiver: Server, hook: Hook) -> None:
    endpoint, _ = hook(receiver.url)
    receiver.respond_with(500)
    emit(1)
    deliver()

    with serving() as other:
        webhook_change(endpoint=endpoint, caller=None, url=other.url)
        deliver()

        assert other.messages() == [(CHANGED, 1)]


def test_a_deleted_endpoint_gets_nothing(receiver: Server, hook: Hook) -> None:
    endpoint, _ = hook(receiver.url)
    emit(1)
    enqueue_deliveries()

    webhook_delete(endpoint=endpoint, caller=None)
    deliver()

    assert receiver.received == []
    assert not Delivery.objects.exists()
