"""POST /api/webhooks/{id}/redeliver/: one message again, or all since a moment."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from shared_apps.audit.models import AuditEntry
from shared_apps.users.models import User
from shared_apps.webhooks.models import Delivery, Endpoint
from tests.conftest import ClientOf

from .fixtures import CHANGED, Hook, deliver, emit, pass_time
from .receiver import Server


@pytest.fixture
def admin(client_of: ClientOf, carol: User) -> APIClient:
    return client_of(carol)


@pytest.fixture
def endpoint(receiver: Server, hook: Hook) -> Endpoint:
    """An endpoint with three delivered messages, an hour between each two."""
    endpoint, _ = hook(receiver.url)
    for pk in range(3):
        pass_time(timedelta(hours=1))
        emit(pk)
    deliver()
    return endpoint


def redeliver(client: APIClient, endpoint: Endpoint, body: Any) -> Any:
    return client.post(f"/api/webhooks/{endpoint.pk}/redeliver/", body)


def test_one_message_is_delivered_again_with_its_id_and_body(
    admin: APIClient, receiver: Server, endpoint: Endpoint
) -> None:
    chosen = Delivery.objects.order_by("pk")[1]

    response = redeliver(admin, endpoint, {"delivery": chosen.pk})
    deliver()

    assert (response.status_code, response.json()) == (202, {"count": 1})
    assert receiver.messages()[3:] == [(CHANGED, 1)]
    again, first = receiver.received[3], receiver.received[1]
    assert again.headers["webhook-id"] == first.headers["webhook-id"]
    assert again.body == first.body


def test_all_messages_since_a_moment_are_delivered_again_in_order(
    admin: APIClient, receiver: Server, endpoint: Endpoint
) -> None:
    since = timezone.now() - timedelta(minutes=90)

    response = redeliver(admin, endpoint, {"since": since.isoformat()})
    deliver()

    assert response.json() == {"count": 2}
    assert receiver.messages()[3:] == [(CHANGED, 1), (CHANGED, 2)]


def test_a_redelivery_is_audited(admin: APIClient, endpoint: Endpoint, carol: User) -> None:
    redeliver(admin, endpoint, {"since": "2026-01-01T00:00:00Z"})

    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.actor, entry.schema_name, entry.subject, entry.data) == (
        "webhook.redelivered",
        carol.email,
        "acme",
        endpoint.url,
        {"count": 3},
    )


def test_a_redelivery_of_nothing_is_not_audited(admin: APIClient, endpoint: Endpoint) -> None:
    before = AuditEntry.objects.count()

    response = redeliver(admin, endpoint, {"since": timezone.now().isoformat()})

    assert response.json() == {"count": 0}
    assert AuditEntry.objects.count() == before


def test_a_message_that_was_given_up_is_delivered_again(
    admin: APIClient, receiver: Server, endpoint: Endpoint
) -> None:
    Delivery.objects.update(status="failed", attempts=12)
    Endpoint.objects.update(retry_at=timezone.now() + timedelta(hours=1), failures=9)

    redeliver(admin, endpoint, {"since": "2026-01-01T00:00:00Z"})
    deliver()

    assert {(each.status, each.attempts) for each in Delivery.objects.all()} == {("delivered", 1)}


def test_only_messages_of_the_webhook_are_delivered_again(
    admin: APIClient, receiver: Server, endpoint: Endpoint, hook: Hook
) -> None:
    hook(receiver.url)
    emit(1)
    deliver()
    other = Delivery.objects.exclude(endpoint=endpoint).get()
    receiver.received.clear()

    assert redeliver(admin, endpoint, {"delivery": other.pk}).status_code == 404
    assert redeliver(admin, endpoint, {"since": "2026-01-01T00:00:00Z"}).json() == {"count": 4}
    deliver()

    other.refresh_from_db()
    assert other.attempts == 1


def test_a_webhook_that_is_switched_off_cannot_deliver_again(
    admin: APIClient, endpoint: Endpoint
) -> None:
    Endpoint.objects.update(is_enabled=False)

    response = redeliver(admin, endpoint, {"since": "2026-01-01T00:00:00Z"})

    assert (response.status_code, response.json()["code"]) == (409, "webhook_disabled")
    assert {each.status for each in Delivery.objects.all()} == {"delivered"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"delivery": 1, "since": "2026-01-01T00:00:00Z"},
        {"delivery": "x"},
        {"delivery": 0},
        {"delivery": None},
        {"since": "yesterday"},
        {"since": None},
        {"since": "9999-12-31T23:59:59-23:59"},
        {"since": "0001-01-01T00:00:00+23:59"},
    ],
    ids=repr,
)
def test_an_invalid_choice_is_rejected(admin: APIClient, endpoint: Endpoint, body: Any) -> None:
    assert redeliver(admin, endpoint, body).status_code == 400


@pytest.mark.parametrize("delivery", [10**12, 10**30])
def test_an_unknown_delivery_is_not_found(
    admin: APIClient, endpoint: Endpoint, delivery: int
) -> None:
    assert redeliver(admin, endpoint, {"delivery": delivery}).status_code == 404
