"""A read-only support session cannot write: the admin denies it, and PostgreSQL rejects it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import InternalError, models, transaction
from django.http import StreamingHttpResponse

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.models import Organization
from shared_apps.staff.tenants import TenantModelAdmin
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenant_apps.orders.models import Order
from tenantry.context import tenant_context

from .conftest import Browser, BrowserOf
from .forms import ITEMS, WRITING, posts


@pytest.fixture
def browser(browser_of: BrowserOf, susan: User, acme: Organization) -> Browser:
    browser = browser_of(susan)
    browser.enter(acme, "read")
    return browser


def test_all_pages_can_be_read(browser: Browser, desk: Item, order: Order) -> None:
    for url in (
        ITEMS,
        f"{ITEMS}{desk.pk}/change/",
        f"{ITEMS}{desk.pk}/history/",
        f"{ITEMS}export/",
        "/admin/tenantry_orders/order/",
        f"/admin/tenantry_orders/order/{order.pk}/change/",
    ):
        assert browser.get(url).status_code == 200


@pytest.mark.parametrize("form", WRITING)
def test_the_admin_denies_every_form(
    browser: Browser, acme: Organization, desk: Item, order: Order, form: str
) -> None:
    url, data = posts(desk, order)[form]

    response = browser.send(url, data, acme)

    assert response.status_code == 403 or form in ("list editing", "action", "order action")
    with tenant_context(acme):
        assert list(Item.objects.values_list("pk", "price", "is_active")) == [
            (desk.pk, desk.price, True)
        ]
        assert Order.objects.get().status == "placed"
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("form", ["add", "change", "list editing", "action", "order"])
def test_postgresql_rejects_a_write_that_the_admin_allows(
    browser: Browser,
    acme: Organization,
    desk: Item,
    order: Order,
    form: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(TenantModelAdmin, "may_write", lambda self, request: True)
    audited = AuditEntry.objects.count()
    url, data = posts(desk, order)[form]

    response = browser.send(url, data, acme)

    assert response.status_code == 403
    assert "read-only" in response.content.decode()
    with tenant_context(acme):
        assert list(Item.objects.values_list("pk", "price", "is_active")) == [
            (desk.pk, desk.price, True)
        ]
    assert AuditEntry.objects.count() == audited


def test_a_write_while_the_list_is_read_is_rejected(
    browser: Browser, acme: Organization, desk: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(self: TenantModelAdmin, request: Any) -> models.QuerySet[Item]:
        Item.objects.update(price=1)
        return Item.objects.all()

    monkeypatch.setattr(TenantModelAdmin, "get_queryset", write)

    assert browser.get(ITEMS).status_code == 403
    with tenant_context(acme):
        assert Item.objects.get().price == desk.price


def test_a_get_cannot_write_even_in_a_session_that_can(
    browser_of: BrowserOf,
    olga: User,
    acme: Organization,
    desk: Item,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A link names no organization, so it could write into the wrong one."""
    browser = browser_of(olga)
    browser.enter(acme)

    def write(self: TenantModelAdmin, request: Any) -> models.QuerySet[Item]:
        Item.objects.update(price=1)
        return Item.objects.all()

    monkeypatch.setattr(TenantModelAdmin, "get_queryset", write)

    with pytest.raises(InternalError, match="read-only transaction"):
        browser.get(ITEMS)
    with tenant_context(acme):
        assert Item.objects.get().price == desk.price


def test_a_write_on_commit_of_a_get_is_rejected(
    browser: Browser,
    acme: Organization,
    desk: Item,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    def write_later(self: TenantModelAdmin, request: Any) -> models.QuerySet[Item]:
        transaction.on_commit(lambda: Item.objects.update(price=1))
        return Item.objects.all()

    monkeypatch.setattr(TenantModelAdmin, "get_queryset", write_later)

    with (
        pytest.raises(InternalError, match="read-only transaction"),
        django_capture_on_commit_callbacks(execute=True),
    ):
        browser.get(ITEMS)
    with tenant_context(acme):
        assert Item.objects.get().price == desk.price


def test_a_write_while_streaming_is_rejected(
    browser: Browser, acme: Organization, desk: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rows() -> Iterator[str]:
        yield Item.objects.get().sku
        Item.objects.update(price=1)

    def stream(self: TenantModelAdmin, *_: Any, **__: Any) -> StreamingHttpResponse:
        return StreamingHttpResponse(rows())

    monkeypatch.setattr(TenantModelAdmin, "may_write", lambda self, request: True)
    monkeypatch.setattr(TenantModelAdmin, "response_action", stream)
    action = {"action": "archive", "_selected_action": str(desk.pk)}

    assert browser.send(ITEMS, action, acme).status_code == 403
    with tenant_context(acme):
        assert Item.objects.get().price == desk.price


def test_leaving_a_read_only_session_is_audited(browser: Browser) -> None:
    assert browser.post("/admin/support/leave/").status_code == 302

    assert AuditEntry.objects.latest("pk").action == "support.left"


def test_an_operator_who_loses_write_permission_can_still_read(
    browser_of: BrowserOf, olga: User, acme: Organization, desk: Item
) -> None:
    browser = browser_of(olga)
    browser.enter(acme, "write")

    olga.groups.set(olga.groups.model.objects.filter(name="Tenantry support"))

    assert browser.send(f"{ITEMS}add/", {"sku": "A"}, acme).status_code == 403
    assert browser.get(ITEMS).status_code == 200
