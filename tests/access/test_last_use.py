"""The last use of a token is written once a day, that of a session once in 5 minutes."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from shared_apps.organizations.models import Organization
from shared_apps.users.models import ApiToken, SignInSession, User
from tests.conftest import SessionOf, statements
from tests.tokens import key_of, token_client


def writes(client: APIClient, url: str = "/api/me/") -> int:
    """Return how many statements of a request write."""
    with CaptureQueriesContext(connection) as captured:
        client.get(url, REMOTE_ADDR="192.0.2.9")
    return sum(sql.startswith(("INSERT", "UPDATE", "DELETE")) for sql in statements(captured))


def test_the_first_use_of_a_token_on_a_day_is_written_and_the_others_are_not(bob: User) -> None:
    client = token_client(bob)
    token = ApiToken.objects.get(user=bob)

    assert [writes(client) for _ in range(3)] == [1, 0, 0]
    today = timezone.now().date()
    token.refresh_from_db()
    assert token.last_used_on == today

    ApiToken.objects.filter(pk=token.pk).update(last_used_on=today - timedelta(days=1))
    assert [writes(client) for _ in range(2)] == [1, 0]


def test_a_denied_request_of_a_key_is_a_use_too(acme: Organization) -> None:
    key, client = key_of(acme)

    assert client.get("/api/me/").status_code == 403
    key.refresh_from_db()
    assert key.last_used_on == timezone.now().date()


def test_a_sign_in_is_the_first_use_of_its_token(bob: User, acme: Organization) -> None:
    token, _ = ApiToken.objects.issue(user=bob, organization=acme)

    assert token.last_used_on == timezone.now().date()


@pytest.mark.parametrize("url", ["/api/me/", "/admin/"])
def test_a_session_s_use_is_written_after_5_minutes(
    session_of: SessionOf, bob: User, url: str
) -> None:
    client = session_of(bob)
    row = SignInSession.objects.get(user=bob)
    before = timezone.now() - timedelta(minutes=4)
    SignInSession.objects.filter(pk=row.pk).update(last_used=before)

    assert writes(client, url) == 0
    before -= timedelta(minutes=2)
    SignInSession.objects.filter(pk=row.pk).update(last_used=before)
    assert [writes(client, url) for _ in range(3)] == [1, 0, 0]

    row.refresh_from_db()
    assert row.last_used > before + timedelta(minutes=5)
    assert row.address == "192.0.2.9"
