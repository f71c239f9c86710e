"""Webhooks in the admin: staff read them without the data of messages, and switch them off."""

from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from shared_apps.webhooks.models import Delivery, Endpoint

from .conftest import BrowserOf

ENDPOINTS = "/admin/tenantry_webhooks/endpoint/"
DELIVERIES = "/admin/tenantry_webhooks/delivery/"


@pytest.fixture
def endpoint(acme: Organization) -> Endpoint:
    return Endpoint.objects.create(
        schema_name="acme", url="https://example.com/hooks", events=["item.changed"], secret="gAAA"
    )


@pytest.fixture
def delivery(endpoint: Endpoint) -> Delivery:
    now = timezone.now()
    return endpoint.deliveries.create(
        message_id=uuid4(),
        event="item.changed",
        subject="item:7",
        body='{"data": "of a customer"}',
        status="failed",
        created_at=now,
        due_at=now,
        error="status",
        response_status=500,
        response="Internal Server Error",
    )


def switch_off(browser: Any, endpoint: Endpoint) -> Any:
    form = {"action": "switch_off", "_selected_action": [endpoint.pk]}
    return browser.post(ENDPOINTS, form, follow=True)


def test_staff_see_why_a_message_failed(
    browser_of: BrowserOf, susan: User, delivery: Delivery
) -> None:
    browser = browser_of(susan)

    listed = browser.get(f"{DELIVERIES}?q=acme").text
    page = browser.get(f"{DELIVERIES}{delivery.pk}/change/").text

    assert "item:7" in listed
    assert "Internal Server Error" in page
    assert "500" in page


@pytest.mark.parametrize("person", ["susan", "olga", "root"])
def test_staff_see_neither_secrets_nor_the_data_of_a_message(
    browser_of: BrowserOf, request: pytest.FixtureRequest, delivery: Delivery, person: str
) -> None:
    browser = browser_of(request.getfixturevalue(person))
    urls = (
        ENDPOINTS,
        f"{ENDPOINTS}{delivery.endpoint_id}/change/",
        DELIVERIES,
        f"{DELIVERIES}{delivery.pk}/change/",
    )

    for url in urls:
        page = browser.get(url)
        assert page.status_code == 200
        assert "gAAA" not in page.text
        assert "of a customer" not in page.text


@pytest.mark.parametrize(
    "url",
    [
        f"{ENDPOINTS}?secret__startswith=gA",
        f"{ENDPOINTS}?old_secret__startswith=gA",
        f"{ENDPOINTS}?deliveries__body__contains=customer",
        f"{DELIVERIES}?body__contains=customer",
        f"{DELIVERIES}?endpoint__secret__startswith=gA",
    ],
)
def test_no_filter_finds_a_secret_or_the_data_of_a_message(
    browser_of: BrowserOf, root: User, delivery: Delivery, url: str
) -> None:
    assert browser_of(root).get(url).status_code == 400


def test_an_operator_switches_a_webhook_off(
    browser_of: BrowserOf, olga: User, endpoint: Endpoint
) -> None:
    page = switch_off(browser_of(olga), endpoint).text

    assert "switched off" in page
    endpoint.refresh_from_db()
    assert not endpoint.is_enabled
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.actor, entry.schema_name) == (
        "webhook.switched_off",
        olga.email,
        "acme",
    )


def test_support_cannot_switch_a_webhook_off(
    browser_of: BrowserOf, susan: User, endpoint: Endpoint
) -> None:
    switch_off(browser_of(susan), endpoint)

    endpoint.refresh_from_db()
    assert endpoint.is_enabled


@pytest.mark.parametrize("person", ["susan", "olga", "root"])
@pytest.mark.parametrize("page", ["add/", "{pk}/delete/"])
def test_staff_neither_add_nor_delete(
    browser_of: BrowserOf,
    request: pytest.FixtureRequest,
    endpoint: Endpoint,
    person: str,
    page: str,
) -> None:
    browser = browser_of(request.getfixturevalue(person))

    assert browser.get(f"{ENDPOINTS}{page.format(pk=endpoint.pk)}").status_code == 403


def test_staff_cannot_change_a_url(browser_of: BrowserOf, root: User, endpoint: Endpoint) -> None:
    url = f"{ENDPOINTS}{endpoint.pk}/change/"
    browser_of(root).post(url, {"url": "https://evil.example/"})

    endpoint.refresh_from_db()
    assert endpoint.url == "https://example.com/hooks"
