"""Tasks deliver: one for each endpoint with a message that is due, and no other one beside it."""

from datetime import timedelta
from itertools import count
from threading import Event

import pytest
from django.utils import timezone

from shared_apps.jobs.models import Job
from shared_apps.organizations.models import Organization
from shared_apps.testing.jobs import run_jobs
from shared_apps.webhooks import delivery
from shared_apps.webhooks.delivery import clear_deliveries
from shared_apps.webhooks.models import Delivery, Endpoint
from shared_apps.webhooks.tasks import enqueue_deliveries

from .fixtures import CHANGED, Hook, deliver, emit, pass_time
from .receiver import Handler, Server


def test_messages_of_a_suspended_organization_wait(
    receiver: Server, hook: Hook, acme: Organization
) -> None:
    hook(receiver.url)
    emit(1)
    Organization.objects.filter(pk=acme.pk).update(status="suspended")
    for _ in range(3):
        deliver()
    assert (len(receiver.received), Job.objects.count()) == (0, 1)

    Organization.objects.filter(pk=acme.pk).update(status="active")
    deliver()

    assert len(receiver.received) == 1


def test_many_messages_are_one_task(receiver: Server, hook: Hook) -> None:
    hook(receiver.url)
    for pk in range(5):
        emit(pk)

    assert deliver() == 1
    assert [job.return_value for job in Job.objects.all()] == [5]


def test_a_task_at_the_end_of_its_turn_enqueues_the_next_one(
    receiver: Server, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each look at the clock is a third of a turn later."""
    clock = count()
    monkeypatch.setattr(delivery, "monotonic", lambda: next(clock))
    monkeypatch.setattr(delivery, "TURN", 3)
    hook(receiver.url)
    for pk in range(5):
        emit(pk)

    enqueue_deliveries()
    run_jobs()

    assert [job.return_value for job in Job.objects.order_by("pk")] == [2, 2, 1]
    assert [pk for _, pk in receiver.messages()] == [0, 1, 2, 3, 4]


def test_endpoints_that_have_waited_longest_get_the_first_tasks(
    hook: Hook, local: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "MOST_DUE", 2)
    endpoints = [hook("http://127.0.0.1:9999/")[0] for _ in range(3)]
    for minutes, endpoint in enumerate(endpoints):
        emit(1)
        due_at = timezone.now() - timedelta(minutes=minutes)
        Delivery.objects.filter(endpoint=endpoint).update(due_at=due_at)
    first, second, third = [str(endpoint.pk) for endpoint in endpoints]

    def have_tasks() -> set[str]:
        enqueue_deliveries()
        return set(Job.objects.values_list("unique_key", flat=True))

    assert have_tasks() == {second, third}
    assert have_tasks() == {first, second, third}


def test_a_task_that_was_lost_is_enqueued_again(receiver: Server, hook: Hook) -> None:
    hook(receiver.url)
    emit(1)
    enqueue_deliveries()
    Job.objects.all().delete()

    deliver()

    assert len(receiver.received) == 1


def test_a_worker_that_died_with_an_endpoint_delays_it_for_half_a_minute(
    receiver: Server, hook: Hook
) -> None:
    endpoint, _ = hook(receiver.url)
    emit(1)
    Endpoint.objects.update(leased_until=timezone.now() + timedelta(seconds=delivery.LEASE))
    assert delivery.deliver_due(endpoint.pk) == (0, None)
    assert deliver() == 0

    pass_time(timedelta(seconds=delivery.LEASE))
    deliver()

    assert len(receiver.received) == 1


@pytest.mark.parametrize(("status", "queue"), [(204, "webhooks"), (500, "webhooks_slow")])
def test_an_endpoint_that_fails_has_another_queue(
    receiver: Server, hook: Hook, status: int, queue: str
) -> None:
    hook(receiver.url)
    receiver.respond_with(status)
    emit(1)
    deliver()
    pass_time(timedelta(minutes=1))
    emit(2)

    enqueue_deliveries()

    assert Job.objects.get(status="READY").queue_name == queue


def test_an_endpoint_that_takes_long_has_another_queue_and_more_time(
    receiver: Server, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "QUICK", 0.2)
    release = Event()

    def respond(handler: Handler) -> None:
        release.wait(timeout=1)
        handler.reply(204)

    receiver.respond = respond
    hook(receiver.url)
    emit(1)

    enqueue_deliveries()
    run_jobs()
    assert (Delivery.objects.get().attempts, Endpoint.objects.get().failures) == (0, 0)
    enqueue_deliveries()
    assert Job.objects.get(status="READY").queue_name == "webhooks_slow"
    run_jobs()
    release.set()

    assert Delivery.objects.get().status == "delivered"
    assert Endpoint.objects.get().is_slow
    emit(2)
    deliver()
    assert not Endpoint.objects.get().is_slow
    assert receiver.messages() == [(CHANGED, 1), (CHANGED, 1), (CHANGED, 2)]


@pytest.mark.parametrize(("days", "kept"), [(6.9, 1), (7.1, 0)])
def test_deliveries_are_kept_for_7_days(
    receiver: Server, hook: Hook, days: float, kept: int
) -> None:
    hook(receiver.url)
    emit(1)
    deliver()
    pass_time(timedelta(days=days))

    assert clear_deliveries() == 1 - kept
    assert Delivery.objects.count() == kept
