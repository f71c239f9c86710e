"""Endpoints, a receiver for their messages, and the time between two attempts."""

import socket
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_network
from typing import Protocol

import pytest
from django.db.models import F
from django.utils import timezone
from pytest_django import Settings

from shared_apps.organizations.models import Organization
from shared_apps.testing.jobs import run_jobs
from shared_apps.webhooks.events import registered
from shared_apps.webhooks.models import Delivery, Endpoint
from shared_apps.webhooks.services import webhook_create
from shared_apps.webhooks.tasks import enqueue_deliveries
from tenantry.context import tenant_context

from .receiver import Server, serving
from .resolver import Resolver

CHANGED = "member.changed"  # An event that the tests emit themselves.


class Hook(Protocol):
    """Register an endpoint, by default of acme for one event; return it with its secret."""

    def __call__(
        self,
        url: str,
        organization: Organization | None = None,
        *,
        events: list[str] | None = None,
    ) -> tuple[Endpoint, str]: ...


@pytest.fixture
def local(settings: Settings) -> None:
    """Let webhooks reach this machine, by http, too."""
    settings.DEBUG = True
    settings.WEBHOOKS_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    resolver = Resolver()
    monkeypatch.setattr(socket, "getaddrinfo", resolver.getaddrinfo)
    return resolver


@pytest.fixture
def receiver(local: None) -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def hook(acme: Organization) -> Hook:
    def hook(
        url: str,
        organization: Organization | None = None,
        *,
        events: list[str] | None = None,
    ) -> tuple[Endpoint, str]:
        organization = organization or acme
        return webhook_create(
            organization=organization, caller=None, url=url, events=events or [CHANGED]
        )

    return hook


def emit(pk: int, text: str = "", *, organization: str = "acme") -> None:
    """Emit that something about an object of this key has changed."""
    with tenant_context(organization):
        registered[CHANGED].emit(pk, {"id": pk, "text": text})


def deliver() -> int:
    """Deliver all that is due, as a worker does, and return the number of tasks that ran."""
    ran = 0
    while True:
        enqueue_deliveries()
        if not (more := run_jobs()):
            return ran
        ran += more


def pass_time(by: timedelta) -> None:
    """Move all times of endpoints and deliveries into the past."""
    for model in (Endpoint, Delivery):
        times = [
            each.name for each in model._meta.fields if each.get_internal_type() == "DateTimeField"
        ]
        model._default_manager.update(**{name: F(name) - by for name in times})


def deliver_later() -> timedelta:
    """Let the time pass until the next attempt, make it, and return how long it was."""
    passed, before = timedelta(0), _attempts()
    while _attempts() == before:
        due = Delivery.objects.filter(status="waiting").earliest("due_at")
        until = max(due.due_at, due.endpoint.retry_at or due.due_at)
        pause = max(until - timezone.now(), timedelta(0))
        pass_time(pause)
        passed += pause
        deliver()
    return passed


def _attempts() -> int:
    return sum(Delivery.objects.values_list("attempts", flat=True))
