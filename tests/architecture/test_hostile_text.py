"""No NUL, surrogate, 10 kB or other type in any parameter of any URL is a failure of ours."""

import os
from collections.abc import Callable, Iterable
from itertools import islice

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client
from pytest_django import Settings

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User

from .hostile import Ask, glance, sweep
from .test_urls import ROWS, ids  # noqa: F401 (a fixture)

ClientAs = Callable[[str], Client]

CALLERS = ("anonymous", "member", "operator", "read", "write")
# The callers share the requests, so that together they send each once; in full each sends all.
SHARES = 1 if os.environ.get("PROOFS") == "full" else len(CALLERS)


@pytest.fixture
def client_as(settings: Settings, bob: User, acme: Organization) -> ClientAs:
    """A caller by role; those who read or write in an organization are superusers."""
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
            user.groups.set(Group.objects.filter(name="operator"))
            client.force_login(user)
        if caller in {"read", "write"}:
            client.post("/admin/support/enter/acme/", {"reason": "Ticket 7", "mode": caller})
        return client

    return client_as


def failures(client: Client, asks: Iterable[Ask]) -> list[str]:
    """Return which of the requests fail; each is undone."""
    failed = []
    for ask in asks:
        with transaction.atomic():
            response = ask.by(client)
            b"".join(response)
            transaction.set_rollback(True)
        if response.status_code >= 500:
            failed.append(f"{ask}: {getattr(response, 'exc_info', (None, ''))[1]}"[:300])
    return failed


def test_no_nul_breaks_a_url(client_as: ClientAs, ids: dict[str, int]) -> None:  # noqa: F811
    client = client_as("write")

    for url in sorted({url.format(**ids) for _, url, _ in ROWS}):
        assert failures(client, glance(client, url)) == []


@pytest.mark.proof
@pytest.mark.parametrize("caller", CALLERS)
def test_nothing_sent_breaks_a_url(
    client_as: ClientAs,
    ids: dict[str, int],  # noqa: F811
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
