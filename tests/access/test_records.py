"""The audit log has sign-ins, failed ones and sign-outs, and attackers cannot fill it."""

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
    """Return this test's entries: those of races are committed, and nothing removes them."""
    found = AuditEntry.objects.filter(action=action).exclude(subject__endswith="@race.example")
    return list(found.values_list("actor", "subject", "schema_name", "address"))


def test_signing_in_and_out_by_the_form(alice: User) -> None:
    client = Client(REMOTE_ADDR="192.0.2.7")

    client.post(PAGE, {"username": alice.email, "password": PASSWORD})
    client.post("/accounts/logout/")

    whole = [(alice.email, alice.email, "acme", "192.0.2.7")]
    assert entries("user.signed_in") == entries("user.signed_out") == whole


def test_a_sign_out_without_a_session_is_none(db: None) -> None:
    Client().post("/accounts/logout/")

    assert entries("user.signed_out") == []


@pytest.mark.parametrize("url", [PAGE, TOKEN])
@pytest.mark.parametrize(
    ("tried", "kept"),
    [
        ("alice@acme.example", "alice@acme.example"),
        ("no@where.example", "no@where.example"),
        ("correct horse battery", ""),
    ],
)
def test_a_failed_sign_in_names_the_account_and_no_password(
    alice: User, url: str, tried: str, kept: str
) -> None:
    client = APIClient(REMOTE_ADDR="192.0.2.7")

    if url == PAGE:
        client.post(PAGE, {"username": tried, "password": "hush"}, format="multipart")
    else:
        client.post(TOKEN, {"email": tried, "password": "hush"})

    assert entries("sign_in.failed") == [("anonymous", kept, "", "192.0.2.7")]
    assert "hush" not in str(AuditEntry.objects.latest("pk").__dict__)


def test_guesses_fill_the_log_no_further_than_the_limits(
    alice: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.THROTTLES = {**settings.THROTTLES, "sign_in_account": 2, "sign_in_address": 0}
    monkeypatch.setattr(records, "MAX_FAILURES", 5)

    for number in range(4):
        for account in range(4):
            client = APIClient(REMOTE_ADDR=f"192.0.2.{number}")
            client.post(TOKEN, {"email": f"{account}@acme.example", "password": "wrong"})

    assert len(entries("sign_in.failed")) == 5


def test_what_is_throttled_is_not_written_down(alice: User, settings: Settings) -> None:
    settings.THROTTLES = {**settings.THROTTLES, "sign_in_account": 2}

    for _ in range(5):
        APIClient().post(TOKEN, {"email": alice.email, "password": "wrong"})

    assert len(entries("sign_in.failed")) == 2
