"""Whoever entered to read cannot write: the admin offers nothing, and PostgreSQL refuses."""

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
from .test_tabs import posts

ITEMS = "/admin/tenantry_items/item/"


@pytest.fixture
def browser(browser_of: BrowserOf, susan: User, acme: Organization) -> Browser:
    browser = browser_of(susan)
    browser.enter(acme, "read")
    return browser


def test_everything_can_be_seen(browser: Browser, desk: Item, order: Order) -> None:
    for url in (
        ITEMS,
        f"{ITEMS}{desk.pk}/change/",
        f"{ITEMS}{desk.pk}/history/",
        f"{ITEMS}export/",
        "/admin/tenantry_orders/order/",
        f"/admin/tenantry_orders/order/{order.pk}/change/",
    ):
        assert browser.get(url).status_code == 200


@pytest.mark.parametrize(
    "form",
    [
        "add",
        "change",
        "list editing",
        "action",
        "delete",
        "import",
        "confirm import",
        "order",
        "order action",
    ],
)
def test_the_admin_refuses_every_form(
    browser: Browser, acme: Organization, desk: Item, order: Order, form: str
) -> None:
    url, data = posts(desk, order)[form]

    answer = browser.send(url, data, acme)

    assert answer.status_code == 403 or form in ("list editing", "action", "order action")
    with tenant_context(acme):
        assert list(Item.objects.values_list("pk", "price", "is_active")) == [
            (desk.pk, desk.price, True)
        ]
        assert Order.objects.get().status == "placed"
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("form", ["add", "change", "list editing", "action", "order"])
def test_where_the_admin_would_let_it_pass_the_database_refuses(
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

    answer = browser.send(url, data, acme)

    assert answer.status_code == 403
    assert "to read only" in answer.content.decode()
    with tenant_context(acme):
        assert list(Item.objects.values_list("pk", "price", "is_active")) == [
            (desk.pk, desk.price, True)
        ]
    assert AuditEntry.objects.count() == audited


def test_raw_sql_cannot_take_it_back(
    browser: Browser, acme: Organization, desk: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(self: TenantModelAdmin, request: Any) -> models.QuerySet[Item]:
        Item.objects.update(price=1)
        return Item.objects.all()

    monkeypatch.setattr(TenantModelAdmin, "get_queryset", write)

    assert browser.get(ITEMS).status_code == 403
    with tenant_context(acme):
        assert Item.objects.get().price == desk.price


def test_a_link_does_not_write_even_where_data_may_be_changed(
    browser_of: BrowserOf,
    olga: User,
    acme: Organization,
    desk: Item,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A link carries no organization: what it wrote could be meant for another one."""
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


def test_nor_is_anything_written_after_the_answer(
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


def test_nor_by_a_body_that_is_streamed(
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


def test_leaving_is_possible_and_is_written_down(browser: Browser) -> None:
    assert browser.post("/admin/support/leave/").status_code == 302

    assert AuditEntry.objects.latest("pk").action == "support.left"


def test_an_operator_who_loses_the_right_to_write_goes_on_reading(
    browser_of: BrowserOf, olga: User, acme: Organization, desk: Item
) -> None:
    browser = browser_of(olga)
    browser.enter(acme, "write")

    olga.groups.set(olga.groups.model.objects.filter(name="support"))

    assert browser.send(f"{ITEMS}add/", {"sku": "A"}, acme).status_code == 403
    assert browser.get(ITEMS).status_code == 200
