"""429 after too many requests of a user or organization."""

import time
from itertools import count
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from shared_apps.organizations.models import Membership, Organization
from shared_apps.users.models import User
from tests.access.conftest import assert_throttled
from tests.conftest import ClientOf, SessionOf, statements


def statuses(client: APIClient, number: int, url: str = "/api/items/") -> list[int]:
    return [client.get(url).status_code for _ in range(number)]


def test_a_user_over_the_limit_is_429(
    limits: dict[str, int], client_of: ClientOf, bob: User, carol: User
) -> None:
    limits["user"] = 3
    client = client_of(bob)

    assert statuses(client, 3) == [200] * 3
    assert_throttled(client.get("/api/items/"))
    assert client_of(carol).get("/api/items/").status_code == 200


def test_all_tokens_and_sessions_of_a_user_share_the_limit(
    limits: dict[str, int], client_of: ClientOf, session_of: SessionOf, bob: User
) -> None:
    limits["user"] = 2

    assert statuses(client_of(bob), 2) == [200] * 2
    assert_throttled(client_of(bob).get("/api/items/"))
    assert_throttled(session_of(bob).get("/api/me/", HTTP_ACCEPT="application/json"))


def test_organizations_have_separate_limits(
    limits: dict[str, int], client_of: ClientOf, bob: User, carol: User, charlie: User
) -> None:
    limits["organization"] = 2

    assert [client_of(user).get("/api/items/").status_code for user in (bob, carol)] == [200] * 2
    assert_throttled(client_of(bob).get("/api/items/"))
    assert statuses(client_of(charlie), 2) == [200] * 2


def test_throttled_requests_of_a_user_do_not_count_for_the_organization(
    limits: dict[str, int], client_of: ClientOf, bob: User, carol: User
) -> None:
    limits |= {"user": 2, "organization": 4}

    assert statuses(client_of(bob), 20) == [200] * 2 + [429] * 18
    assert statuses(client_of(carol), 2) == [200] * 2


def test_requests_of_a_former_member_do_not_count_for_the_organization(
    limits: dict[str, int], client_of: ClientOf, bob: User, carol: User
) -> None:
    limits["organization"] = 2
    client = client_of(bob)
    Membership.objects.filter(user=bob).delete()

    assert statuses(client, 5) == [403] * 5
    assert statuses(client_of(carol), 2) == [200] * 2


def test_denied_requests_count(limits: dict[str, int], client_of: ClientOf, bob: User) -> None:
    limits["user"] = 2
    client = client_of(bob)

    assert client.post("/api/items/", {}).status_code == 403
    assert client.get("/api/items/", HTTP_X_ORGANIZATION="globex").status_code == 409
    assert_throttled(client.get("/api/items/"))


def test_a_throttled_write_writes_nothing(
    limits: dict[str, int], client_of: ClientOf, carol: User, acme: Organization
) -> None:
    limits["user"] = 1
    client = client_of(carol)
    client.get("/api/me/")

    assert_throttled(client.post("/api/items/", {"sku": "X", "description": "X", "price": 1}))
    assert client_of(User.objects.get(name="Bob")).get("/api/items/").json()["count"] == 0


def test_the_next_minute_has_a_new_limit(
    limits: dict[str, int], client_of: ClientOf, bob: User, monkeypatch: Any
) -> None:
    limits["user"] = 1
    client = client_of(bob)
    assert statuses(client, 2) == [200, 429]

    later = time.monotonic() + 61
    monkeypatch.setattr("time.monotonic", lambda: later)

    assert statuses(client, 2) == [200, 429]


def test_a_slow_request_counts_as_many_requests_of_its_organization(
    limits: dict[str, int],
    client_of: ClientOf,
    bob: User,
    carol: User,
    charlie: User,
    monkeypatch: Any,
) -> None:
    """The limit of 1,000 requests is 5 seconds; each of Bob's requests takes 3 seconds."""
    limits["organization"] = 1_000
    with monkeypatch.context() as patched:
        patched.setattr("shared_apps.access.middleware.perf_counter", count(step=3).__next__)
        assert statuses(client_of(bob), 2) == [200] * 2
    carols = client_of(carol)

    assert_throttled(client_of(bob).get("/api/items/"))
    assert_throttled(carols.get("/api/items/"))
    assert client_of(charlie).get("/api/items/").status_code == 200


def test_a_request_of_less_than_half_a_second_counts_once(
    limits: dict[str, int], client_of: ClientOf, bob: User, monkeypatch: Any
) -> None:
    limits["organization"] = 3
    monkeypatch.setattr("shared_apps.access.middleware.perf_counter", count(step=0.4).__next__)

    assert statuses(client_of(bob), 4) == [200] * 3 + [429]


def test_a_browser_gets_a_page(limits: dict[str, int], session_of: SessionOf, bob: User) -> None:
    limits["user"] = 1
    client = session_of(bob)
    client.get("/api/me/")

    response = client.get("/api/items/", HTTP_ACCEPT="text/html")

    assert response.status_code == 429
    assert response["Content-Type"].startswith("text/html")
    assert "Too many requests" in response.text


def test_counting_sends_no_query(limits: dict[str, int], client_of: ClientOf, bob: User) -> None:
    client = client_of(bob)
    limits |= {"user": 1, "organization": 1}

    with CaptureQueriesContext(connection) as allowed:
        client.get("/api/items/")
    with CaptureQueriesContext(connection) as throttled:
        client.get("/api/items/")

    assert (len(statements(allowed)), len(statements(throttled))) == (2, 1)
