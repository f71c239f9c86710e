"""NUL, surrogates, 10 kB or another type in any parameter of any URL cause no server error."""

from collections.abc import Callable, Iterable
from itertools import islice

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client
from pytest_django import Settings

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tests.sizes import FULL

from .hostile import Attempt, glance, sweep
from .test_urls import ROWS

ClientAs = Callable[[str], Client]

CALLERS = ("anonymous", "member", "operator", "read", "write")
# Each caller sends a share of the requests; with PROOFS=full each sends all.
SHARES = 1 if FULL else len(CALLERS)


@pytest.fixture
def client_as(settings: Settings, bob: User, acme: Organization) -> ClientAs:
    """Return a client for a caller; `read` and `write` are superusers in a support session."""
    settings.THROTTLES = dict.fromkeys(settings.THROTTLES, 0)

    def client_as(caller: str) -> Client:
        client = Client(raise_request_exception=False)
        if caller == "member":
            client.force_login(bob)
        elif caller != "anonymous":
            user = User.objects.create_user(
                "root@tenantry.example",
                name="Root",
                is_staff=True,
                is_superuser=caller != "operator",
            )
            user.groups.set(Group.objects.filter(name="Tenantry operator"))
            client.force_login(user)
        if caller in {"read", "write"}:
            client.post("/admin/support/enter/acme/", {"reason": "Ticket 7", "mode": caller})
        return client

    return client_as


def failures(client: Client, attempts: Iterable[Attempt]) -> list[str]:
    """Send the requests, roll each one back, and return those with a server error."""
    failed = []
    for attempt in attempts:
        with transaction.atomic():
            response = attempt.send(client)
            b"".join(response)
            transaction.set_rollback(True)
        if response.status_code >= 500:
            failed.append(f"{attempt}: {getattr(response, 'exc_info', (None, ''))[1]}"[:300])
    return failed


def test_no_nul_breaks_a_url(client_as: ClientAs, ids: dict[str, int]) -> None:
    client = client_as("write")

    for url in sorted({url.format(**ids) for _, url, _ in ROWS}):
        assert failures(client, glance(client, url)) == []


@pytest.mark.proof
@pytest.mark.parametrize("caller", CALLERS)
def test_no_request_breaks_a_url(
    client_as: ClientAs,
    ids: dict[str, int],
    caller: str,
) -> None:
    client = client_as(caller)
    urls = sorted({url.format(**ids) for _, url, _ in ROWS})

    share = CALLERS.index(caller) % SHARES

    assert [
        failed
        for url in urls
        for failed in failures(client, islice(sweep(client, url), share, None, SHARES))
    ] == []
