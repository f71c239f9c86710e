"""POST /api/webhooks/{id}/rotate/: a new secret, and the old one for a while."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from shared_apps.audit.models import AuditEntry
from shared_apps.users.models import User
from shared_apps.webhooks.models import Delivery, Endpoint
from shared_apps.webhooks.services import secrets_encrypt_again
from shared_apps.webhooks.signing import SEAL
from tests.conftest import ClientOf

from .fixtures import Hook, deliver, emit, pass_time
from .receiver import Server

NEW_KEY = "another-key-with-enough-random-characters-0123456789-abcdef"


@pytest.fixture
def admin(client_of: ClientOf, carol: User) -> APIClient:
    return client_of(carol)


def rotate(client: APIClient, endpoint: Endpoint, body: Any = None) -> str:
    response = client.post(f"/api/webhooks/{endpoint.pk}/rotate/", body)
    assert response.status_code == 200, response.json()
    secret: str = response.json()["secret"]
    return secret


def signed_with(receiver: Server, *secrets: str) -> list[bool]:
    """Send a message, and return which of the secrets it is signed with."""
    emit(1)
    deliver()
    return [receiver.received[-1].is_signed_with(secret) for secret in secrets]


def test_both_secrets_sign_until_the_overlap_ends(
    admin: APIClient, receiver: Server, hook: Hook
) -> None:
    endpoint, old = hook(receiver.url)

    new = rotate(admin, endpoint, {"overlap_hours": 2})

    assert new != old
    assert signed_with(receiver, old, new) == [True, True]
    pass_time(timedelta(hours=2))
    assert signed_with(receiver, old, new) == [False, True]
    assert AuditEntry.objects.latest("pk").action == "webhook.rotated"


def test_an_overlap_lasts_a_day_by_default(admin: APIClient, receiver: Server, hook: Hook) -> None:
    endpoint, old = hook(receiver.url)
    rotate(admin, endpoint)

    pass_time(timedelta(hours=23))
    assert signed_with(receiver, old) == [True]
    pass_time(timedelta(hours=1))
    assert signed_with(receiver, old) == [False]


def test_without_an_overlap_the_old_secret_ends_immediately(
    admin: APIClient, receiver: Server, hook: Hook
) -> None:
    endpoint, old = hook(receiver.url)

    new = rotate(admin, endpoint, {"overlap_hours": 0})

    assert signed_with(receiver, old, new) == [False, True]


def test_at_most_two_secrets_are_live(admin: APIClient, receiver: Server, hook: Hook) -> None:
    endpoint, first = hook(receiver.url)

    second, third = rotate(admin, endpoint), rotate(admin, endpoint)

    assert signed_with(receiver, first, second, third) == [False, True, True]


@pytest.mark.parametrize("hours", [-1, 169, "x", None, 1.5, []])
def test_an_invalid_overlap_is_rejected(
    admin: APIClient, hook: Hook, local: None, hours: Any
) -> None:
    endpoint, _ = hook("http://127.0.0.1:9999/")

    response = admin.post(
        f"/api/webhooks/{endpoint.pk}/rotate/", {"overlap_hours": hours}, format="json"
    )

    assert (response.status_code, response.json().keys()) == (400, {"overlap_hours"})


# --- SECRET_KEY ---


def test_a_secret_that_0_4_0_stored_can_be_read(settings: Settings) -> None:
    settings.SECRET_KEY = "stored-with-0.4.0-" * 4
    stored = (
        "gAAAAABrDMkAbb1_uFKtPvZq-bbEm9yahpOHZeSW_yecAKTr_JC9ayVhPqXC11Z-2Gu6j8sLBKTr9uGM4BJo1hSw"
        "yzdifdVlLCH5DgRPkKEydFJwwk4oSaM="
    )

    assert SEAL.decrypt(stored) == "whsec_c3RvcmVkIHdpdGggMC40LjA="


def test_a_secret_survives_a_new_secret_key_with_its_fallback(
    receiver: Server, hook: Hook, settings: Settings
) -> None:
    _, secret = hook(receiver.url)
    old_key = settings.SECRET_KEY

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW_KEY, [old_key]
    assert signed_with(receiver, secret) == [True]

    assert secrets_encrypt_again() == 1
    settings.SECRET_KEY_FALLBACKS = []
    assert signed_with(receiver, secret) == [True]


def test_both_secrets_of_a_rotation_are_encrypted_again(
    admin: APIClient, receiver: Server, hook: Hook, settings: Settings
) -> None:
    endpoint, old = hook(receiver.url)
    new = rotate(admin, endpoint)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW_KEY, [settings.SECRET_KEY]

    secrets_encrypt_again()

    settings.SECRET_KEY_FALLBACKS = []
    assert signed_with(receiver, old, new) == [True, True]


def test_secrets_are_not_written_again_without_an_old_key(hook: Hook, local: None) -> None:
    hook("http://127.0.0.1:9999/")
    before = Endpoint.objects.get().secret

    assert secrets_encrypt_again() == 0
    assert Endpoint.objects.get().secret == before


@pytest.mark.parametrize("hours", [0, 24])
def test_a_secret_without_its_key_is_a_failure_until_it_is_rotated(
    admin: APIClient, receiver: Server, hook: Hook, settings: Settings, hours: int
) -> None:
    """The messages that wait are then sent immediately, signed by the new secret only."""
    hook(receiver.url)
    settings.SECRET_KEY = NEW_KEY
    emit(1)
    deliver()
    assert Delivery.objects.get().error == "secret"
    assert receiver.received == []
    settings.SECRET_KEY_FALLBACKS = ["a" * 60]
    assert secrets_encrypt_again() == 0

    secret = rotate(admin, Endpoint.objects.get(), {"overlap_hours": hours})
    deliver()

    (got,) = receiver.received
    assert got.is_signed_with(secret)
    assert Endpoint.objects.get().old_secret_until is None
