"""/api/webhooks/: admins and owners register, change and delete webhooks."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from shared_apps.audit.models import AuditEntry
from shared_apps.users.models import User
from shared_apps.webhooks.models import Delivery, Endpoint
from shared_apps.webhooks.services import MAX_ENDPOINTS
from tests.conftest import ClientOf

from .fixtures import CHANGED, Hook, deliver, emit
from .receiver import Server
from .resolver import Resolver

URL = "/api/webhooks/"
NEW = {"url": "https://example.com/hooks", "events": ["member.removed", "member.added"]}


@pytest.fixture(autouse=True)
def _names(resolver: Resolver) -> None:
    resolver.names = {"example.com": ["93.184.215.14"], "inside.example": ["10.0.0.7"]}


@pytest.fixture
def admin(client_of: ClientOf, carol: User) -> APIClient:
    return client_of(carol)


def created(client: APIClient, **changes: Any) -> Any:
    response = client.post(URL, NEW | changes)
    assert response.status_code == 201, response.json()
    return response.json()


def latest() -> AuditEntry:
    return AuditEntry.objects.latest("pk")


@pytest.mark.parametrize("person", ["carol", "alice"])
def test_admins_and_owners_register_a_webhook(
    client_of: ClientOf, request: pytest.FixtureRequest, person: str
) -> None:
    body = created(client_of(request.getfixturevalue(person)))

    assert body == {
        "id": body["id"],
        "url": "https://example.com/hooks",
        "events": ["member.added", "member.removed"],
        "enabled": True,
        "failing_since": None,
        "created_at": body["created_at"],
        "secret": body["secret"],
    }
    assert body["secret"].startswith("whsec_")
    assert body["created_at"].endswith("Z")


def test_the_secret_is_shown_once_and_stored_encrypted(admin: APIClient) -> None:
    body = created(admin)
    secret = body.pop("secret")
    one = f"{URL}{body['id']}/"

    assert admin.get(one).json() == body
    assert admin.get(URL).json()["results"] == [body]
    assert admin.patch(one, {"enabled": False}).json() == body | {"enabled": False}
    assert secret not in str(Endpoint.objects.values().get())
    assert secret not in str(list(AuditEntry.objects.values()))


def test_a_webhook_is_changed(admin: APIClient) -> None:
    one = f"{URL}{created(admin)['id']}/"

    body = admin.patch(one, {"events": ["member.changed"], "url": "https://example.com/a"}).json()

    assert (body["events"], body["url"]) == (["member.changed"], "https://example.com/a")
    assert admin.get(one).json() == body
    assert latest().action == "webhook.changed"


def test_a_change_to_the_same_values_is_not_recorded(admin: APIClient) -> None:
    one = f"{URL}{created(admin)['id']}/"

    for body in ({}, NEW, {"enabled": True}):
        assert admin.patch(one, body).status_code == 200

    assert latest().action == "webhook.created"


def test_a_webhook_is_deleted_with_its_deliveries(admin: APIClient) -> None:
    body = created(admin, events=[CHANGED])
    emit(1)
    assert Delivery.objects.count() == 1

    assert admin.delete(f"{URL}{body['id']}/").status_code == 204

    assert not Delivery.objects.exists()
    assert admin.get(f"{URL}{body['id']}/").status_code == 404
    assert (latest().action, latest().subject) == ("webhook.deleted", NEW["url"])


def test_put_is_not_offered(admin: APIClient) -> None:
    assert admin.put(f"{URL}{created(admin)['id']}/", NEW).status_code == 405


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", ""),
        ("url", None),
        ("url", "http://example.com/"),
        ("url", "https://inside.example/"),
        ("url", "https://missing.example/"),
        ("url", f"https://example.com/{'x' * 2000}"),
        ("url", ["https://example.com/"]),
        ("events", []),
        ("events", None),
        ("events", "member.added"),
        ("events", ["member.*"]),
        ("events", ["unknown.event"]),
        ("events", [1]),
        ("events", [["member.added"]]),
        ("events", {"member.added": 1}),
        ("enabled", "perhaps"),
        ("enabled", None),
    ],
    ids=repr,
)
def test_an_invalid_value_is_rejected(admin: APIClient, field: str, value: Any) -> None:
    one = f"{URL}{created(admin)['id']}/"

    for response in (admin.post(URL, NEW | {field: value}), admin.patch(one, {field: value})):
        assert response.status_code == 400
        assert response.json().keys() == {field}
    assert Endpoint.objects.count() == 1


@pytest.mark.parametrize("missing", ["url", "events"])
def test_url_and_events_are_required(admin: APIClient, missing: str) -> None:
    body = {name: value for name, value in NEW.items() if name != missing}

    assert admin.post(URL, body).json().keys() == {missing}


def test_an_organization_has_a_limited_number_of_webhooks(
    admin: APIClient, client_of: ClientOf, charlie: User
) -> None:
    for _ in range(MAX_ENDPOINTS):
        created(admin)

    response = admin.post(URL, NEW)

    assert (response.status_code, response.json()["code"]) == (409, "too_many_webhooks")
    created(client_of(charlie))


def test_members_may_do_nothing(client_of: ClientOf, admin: APIClient, bob: User) -> None:
    one = f"{URL}{created(admin)['id']}/"
    client = client_of(bob)

    responses = [
        client.get(URL),
        client.post(URL, NEW),
        client.get(one),
        client.patch(one, {"enabled": False}),
        client.delete(one),
        client.get(f"{one}deliveries/"),
        client.post(f"{one}rotate/"),
        client.post(f"{one}redeliver/", {"since": "2026-01-01T00:00:00Z"}),
    ]

    assert {response.status_code for response in responses} == {403}
    assert Endpoint.objects.get().is_enabled


def test_a_webhook_of_another_organization_is_not_found(
    admin: APIClient, client_of: ClientOf, charlie: User
) -> None:
    mine = created(admin, events=[CHANGED])
    emit(1)
    one, stranger = f"{URL}{mine['id']}/", client_of(charlie)
    theirs = created(stranger)
    before = Endpoint.objects.order_by("pk").values()[0]

    responses = [
        stranger.get(one),
        stranger.patch(one, {"enabled": False}),
        stranger.delete(one),
        stranger.get(f"{one}deliveries/"),
        stranger.post(f"{one}rotate/"),
        stranger.post(f"{one}redeliver/", {"since": "2026-01-01T00:00:00Z"}),
        stranger.post(f"{URL}{theirs['id']}/redeliver/", {"delivery": Delivery.objects.get().pk}),
    ]

    assert {response.status_code for response in responses} == {404}
    assert stranger.get(URL).json()["count"] == 1
    assert Endpoint.objects.order_by("pk").values()[0] == before


def test_deliveries_show_only_status_and_time_of_a_response(
    admin: APIClient, client_of: ClientOf, receiver: Server, hook: Hook
) -> None:
    endpoint, _ = hook(receiver.url)
    receiver.respond_with(500, b"a secret of the receiver")
    emit(7)
    deliver()

    response = admin.get(f"{URL}{endpoint.pk}/deliveries/")

    (shown,) = response.json()["results"]
    assert shown == {
        "id": Delivery.objects.get().pk,
        "message_id": receiver.received[0].headers["webhook-id"],
        "event": CHANGED,
        "subject": "member:7",
        "status": "waiting",
        "attempts": 1,
        "created_at": shown["created_at"],
        "attempted_at": shown["attempted_at"],
        "next_attempt_at": shown["next_attempt_at"],
        "error": "status",
        "response_status": 500,
        "response_ms": shown["response_ms"],
    }
    assert shown["created_at"] < shown["attempted_at"] < shown["next_attempt_at"]
    assert Delivery.objects.get().response == "a secret of the receiver"
    assert b"a secret" not in response.content


def test_the_newest_delivery_is_first(admin: APIClient, receiver: Server, hook: Hook) -> None:
    endpoint, _ = hook(receiver.url)
    for pk in range(3):
        emit(pk)
    deliver()

    body = admin.get(f"{URL}{endpoint.pk}/deliveries/?page_size=2").json()

    assert body["count"] == 3
    assert [each["subject"] for each in body["results"]] == ["member:2", "member:1"]
    assert {each["next_attempt_at"] for each in body["results"]} == {None}


def test_a_form_of_the_browsable_api_registers_a_webhook(admin: APIClient) -> None:
    page = admin.get(URL, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert b"member.added" in page.content

    response = admin.post(URL, NEW, format="multipart")

    assert (response.status_code, response.json()["enabled"]) == (201, True)
