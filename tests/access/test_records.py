"""The audit log records sign-ins, failed sign-ins and sign-outs, up to a limit."""

import pytest
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from shared_apps.access import records
from shared_apps.audit.models import AuditEntry
from shared_apps.testing import PASSWORD
from shared_apps.users.models import User

PAGE, TOKEN = "/accounts/login/", "/api/auth/token/"


def entries(action: str) -> list[tuple[str, str, str, str | None]]:
    """Return this test's entries, without committed entries of concurrent tests."""
    found = AuditEntry.objects.filter(action=action).exclude(subject__iendswith="@race.example")
    return list(found.values_list("actor", "subject", "schema_name", "address"))


def test_sign_in_and_sign_out_are_recorded(alice: User) -> None:
    client = Client(REMOTE_ADDR="192.0.2.7")

    client.post(PAGE, {"username": alice.email, "password": PASSWORD})
    client.post("/accounts/logout/")

    whole = [(alice.email, alice.email, "acme", "192.0.2.7")]
    assert entries("user.signed_in") == entries("user.signed_out") == whole


def test_a_sign_out_without_a_session_is_not_recorded(db: None) -> None:
    Client().post("/accounts/logout/")

    assert entries("user.signed_out") == []


@pytest.mark.parametrize("url", [PAGE, TOKEN])
@pytest.mark.parametrize(
    ("tried", "recorded"),
    [
        ("alice@acme.example", "alice@acme.example"),
        ("no@where.example", "no@where.example"),
        ("correct horse battery", ""),
    ],
)
def test_a_failed_sign_in_records_the_email_but_no_password(
    alice: User, url: str, tried: str, recorded: str
) -> None:
    client = APIClient(REMOTE_ADDR="192.0.2.7")

    if url == PAGE:
        client.post(PAGE, {"username": tried, "password": "hush"}, format="multipart")
    else:
        client.post(TOKEN, {"email": tried, "password": "hush"})

    assert entries("sign_in.failed") == [("anonymous", recorded, "", "192.0.2.7")]
    assert "hush" not in str(AuditEntry.objects.latest("pk").__dict__)


def test_failed_sign_ins_are_recorded_up_to_a_limit(
    alice: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.THROTTLES = {**settings.THROTTLES, "sign_in_account": 2, "sign_in_address": 0}
    monkeypatch.setattr(records, "MAX_FAILURES", 5)

    for number in range(4):
        for account in range(4):
            client = APIClient(REMOTE_ADDR=f"192.0.2.{number}")
            client.post(TOKEN, {"email": f"{account}@acme.example", "password": "wrong"})

    assert len(entries("sign_in.failed")) == 5


def test_throttled_sign_ins_are_not_recorded(alice: User, settings: Settings) -> None:
    settings.THROTTLES = {**settings.THROTTLES, "sign_in_account": 2}

    for _ in range(5):
        APIClient().post(TOKEN, {"email": alice.email, "password": "wrong"})

    assert len(entries("sign_in.failed")) == 2
