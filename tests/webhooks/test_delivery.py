"""Messages arrive in order for each object, again after a failure, and are given up in the end."""

from datetime import timedelta

import pytest
from django.db import transaction

from shared_apps.jobs.models import Job
from shared_apps.organizations.models import Organization
from shared_apps.testing.jobs import run_jobs
from shared_apps.webhooks.delivery import DEAD_AFTER, PAUSES
from shared_apps.webhooks.events import registered
from shared_apps.webhooks.models import Delivery, Endpoint
from shared_apps.webhooks.services import webhook_change
from shared_apps.webhooks.tasks import enqueue_deliveries
from tenantry.context import tenant_context
from tenantry.errors import NoTenantError

from .fixtures import CHANGED, Hook, deliver, deliver_later, emit, pass_time
from .receiver import Handler, Server, serving


def fail_for(server: Server, *pks: int) -> None:
    """Let the receiver reject messages about these objects."""

    def respond(handler: Handler) -> None:
        handler.reply(500 if server.messages()[-1][1] in pks else 204)

    server.respond = respond


def test_a_message_follows_standard_webhooks(receiver: Server, hook: Hook) -> None:
    _, secret = hook(receiver.url)

    emit(7, "new")
    deliver()

    (got,) = receiver.received
    message = got.verified(secret)
    assert message == {
        "type": CHANGED,
        "timestamp": message["timestamp"],
        "data": {"id": 7, "text": "new"},
    }
    assert message["timestamp"].endswith("Z")
    assert got.headers["webhook-id"].startswith("msg_")


def test_messages_arrive_in_the_order_of_the_events(receiver: Server, hook: Hook) -> None:
    hook(receiver.url)

    for pk in (1, 2, 1, 3, 2, 1):
        emit(pk)
    deliver()

    assert [pk for _, pk in receiver.messages()] == [1, 2, 1, 3, 2, 1]


def test_an_endpoint_gets_only_its_events(
    receiver: Server, hook: Hook, globex: Organization
) -> None:
    hook(receiver.url, globex)
    hook(receiver.url, events=["member.removed"])
    hook(receiver.url)

    emit(1)
    deliver()

    assert receiver.messages() == [(CHANGED, 1)]


def test_each_endpoint_gets_an_event_once_with_the_same_id(receiver: Server, hook: Hook) -> None:
    secrets = [hook(receiver.url)[1] for _ in range(2)]

    emit(1)
    deliver()

    assert len({got.headers["webhook-id"] for got in receiver.received}) == 1
    for got, secret in zip(receiver.received, secrets, strict=True):
        got.verified(secret)


def test_an_event_of_a_rolled_back_transaction_is_not_delivered(
    receiver: Server, hook: Hook
) -> None:
    hook(receiver.url)

    with transaction.atomic():
        emit(1)
        transaction.set_rollback(True)
    deliver()

    assert receiver.received == []


def test_nothing_is_written_for_an_event_that_no_endpoint_wants(hook: Hook, local: None) -> None:
    endpoint, _ = hook("http://127.0.0.1:9999/")
    webhook_change(endpoint=endpoint, caller=None, is_enabled=False)

    emit(1)

    assert not Delivery.objects.exists()


def test_a_delivery_is_in_the_organization_of_its_endpoint(
    receiver: Server, hook: Hook, acme: Organization, globex: Organization
) -> None:
    _, secret = hook(receiver.url, acme)
    _, other = hook(receiver.url, globex)

    emit(1, "acme's")
    emit(1, "globex's", organization="globex")
    deliver()

    assert {job.schema_name for job in Job.objects.all()} == {"acme", "globex"}
    texts = {}
    for got in receiver.received:
        for name, key in (("acme", secret), ("globex", other)):
            if got.is_signed_with(key):
                texts[name] = got.verified(key)["data"]["text"]
    assert texts == {"acme": "acme's", "globex": "globex's"}


def test_no_event_without_an_organization(db: None) -> None:
    with pytest.raises(NoTenantError, match=CHANGED), tenant_context(None):
        registered[CHANGED].emit(1, {})


# --- After a failure ---


def test_a_failed_message_is_sent_again_with_the_same_id(receiver: Server, hook: Hook) -> None:
    _, secret = hook(receiver.url)
    receiver.respond_with(503, b"later")
    emit(1)
    deliver()
    failed = Delivery.objects.get()
    assert (failed.status, failed.attempts, failed.response_status) == ("waiting", 1, 503)
    assert failed.response == "later"

    receiver.respond_with(204)
    deliver()
    assert len(receiver.received) == 1
    deliver_later()

    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    second.verified(secret)
    done = Delivery.objects.get()
    assert (done.status, done.attempts, done.response_status) == ("delivered", 2, 204)


def test_the_pauses_grow_and_end_after_a_day(receiver: Server, hook: Hook) -> None:
    hook(receiver.url)
    receiver.respond_with(500)
    emit(1)
    pauses = []

    deliver()
    while Delivery.objects.filter(status="waiting").exists():
        # Other messages succeed, else the endpoint would be switched off.
        Endpoint.objects.update(failing_since=None, failures=0)
        pauses.append(deliver_later().total_seconds())

    one = Delivery.objects.get()
    assert (one.status, one.attempts, len(receiver.received)) == ("failed", 15, 15)
    for pause, least in zip(pauses, PAUSES, strict=True):
        assert least - 1 <= pause <= least * 1.1
    assert sum(PAUSES) > DEAD_AFTER.total_seconds()


def test_later_events_of_an_object_wait_for_a_failed_one(receiver: Server, hook: Hook) -> None:
    hook(receiver.url)
    fail_for(receiver, 1)
    for text in ("first", "second", "third"):
        emit(1, text)
    emit(2)

    deliver()
    for _ in range(3):
        deliver_later()
    assert set(receiver.texts(1)) == {"first"}
    assert receiver.messages()[1] == (CHANGED, 2)
    enqueue_deliveries()
    assert run_jobs() == 0

    receiver.respond_with(204)
    deliver_later()
    assert receiver.texts(1)[-3:] == ["first", "second", "third"]


def test_later_events_of_an_object_arrive_when_a_failed_one_was_given_up(
    receiver: Server, hook: Hook
) -> None:
    hook(receiver.url)
    fail_for(receiver, 1)
    emit(1, "first")
    emit(1, "second")
    Delivery.objects.filter(pk=Delivery.objects.earliest("pk").pk).update(attempts=len(PAUSES))

    deliver()
    assert [each.status for each in Delivery.objects.order_by("pk")] == ["failed", "waiting"]
    receiver.respond_with(204)
    deliver_later()

    assert [each.status for each in Delivery.objects.order_by("pk")] == ["failed", "delivered"]


def test_a_message_that_is_always_rejected_does_not_hold_up_other_objects(
    receiver: Server, hook: Hook
) -> None:
    hook(receiver.url)
    fail_for(receiver, 1)
    emit(1)
    deliver()
    for pk in range(2, 12):
        emit(pk)

    deliver_later()

    assert {pk for _, pk in receiver.messages()} == set(range(1, 12))


def test_a_success_ends_the_failures_of_an_endpoint(receiver: Server, hook: Hook) -> None:
    hook(receiver.url)
    receiver.respond_with(500)
    emit(1)
    deliver()
    receiver.respond_with(204)
    deliver_later()

    endpoint = Endpoint.objects.get()
    assert (endpoint.failures, endpoint.failing_since, endpoint.is_slow) == (0, None, False)


def test_a_dead_endpoint_is_tried_with_one_message_at_a_time(local: None, hook: Hook) -> None:
    with serving() as server:
        server.respond_with(502)
        hook(server.url)
        for pk in range(50):
            emit(pk)

        for _ in range(24):
            deliver()
            pass_time(timedelta(hours=1))

        assert len(server.received) == 24


def test_an_endpoint_that_works_again_gets_all_that_waits(receiver: Server, hook: Hook) -> None:
    hook(receiver.url)
    receiver.respond_with(502)
    for pk in range(20):
        emit(pk)
    for _ in range(3):
        deliver()
        pass_time(timedelta(minutes=10))
    receiver.received.clear()

    receiver.respond_with(204)
    deliver()
    pass_time(timedelta(hours=1))
    deliver()

    assert {pk for _, pk in receiver.messages()} == set(range(20))
    assert {each.status for each in Delivery.objects.all()} == {"delivered"}
