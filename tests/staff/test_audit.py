"""The audit log records each write in a support session, and nothing else."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.models import Organization
from tenant_apps.items.admin import ItemAdmin
from tenant_apps.items.models import Item
from tenantry.context import tenant_context

from .conftest import Browser

ITEMS = "/admin/tenantry_items/item/"


def write() -> None:
    Item.objects.update(price=1)


def write_in_a_savepoint() -> None:
    with transaction.atomic():
        write()


def write_later() -> None:
    transaction.on_commit(write)


def write_much_later() -> None:
    transaction.on_commit(write_later)


def read() -> None:
    assert Item.objects.exists()


def write_nothing() -> None:
    Item.objects.filter(sku="NONE").update(price=1)


@pytest.fixture
def after(
    browser: Browser,
    acme: Organization,
    desk: Item,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> Callable[..., list[AuditEntry]]:
    """Return the audit entries of an admin action with that work and response."""

    def after(work: Callable[[], None], response: HttpResponse) -> list[AuditEntry]:
        def act(self: ItemAdmin, request: Any, queryset: Any) -> HttpResponse:
            work()
            return response

        monkeypatch.setattr(ItemAdmin, "archive", act)
        seen = set(AuditEntry.objects.values_list("pk", flat=True))
        with django_capture_on_commit_callbacks(execute=True):
            browser.send(ITEMS, {"action": "archive", "_selected_action": str(desk.pk)}, acme)
        return list(AuditEntry.objects.exclude(pk__in=seen))

    return after


RESPONSES = [HttpResponse("Done."), HttpResponse(status=400), HttpResponseRedirect(ITEMS)]


@pytest.mark.parametrize("response", RESPONSES, ids=lambda response: str(response.status_code))
@pytest.mark.parametrize("work", [write, write_in_a_savepoint, write_later, write_much_later])
def test_a_write_is_audited_with_any_response(
    after: Callable[..., list[AuditEntry]], work: Callable[[], None], response: HttpResponse
) -> None:
    (entry,) = after(work, response)

    assert (entry.action, entry.schema_name, entry.subject) == ("support.changed", "acme", ITEMS)
    assert (entry.reason, entry.data["form_action"]) == ("Ticket 7", "archive")


@pytest.mark.parametrize("response", RESPONSES, ids=lambda response: str(response.status_code))
@pytest.mark.parametrize("work", [read, write_nothing])
def test_a_request_without_a_write_is_not_audited(
    after: Callable[..., list[AuditEntry]], work: Callable[[], None], response: HttpResponse
) -> None:
    assert after(work, response) == []


def test_a_write_on_commit_has_its_own_entry(
    after: Callable[..., list[AuditEntry]],
) -> None:
    def write_twice() -> None:
        write()
        write_later()

    assert len(after(write_twice, HttpResponse())) == 2


def test_a_write_while_streaming_is_audited(
    after: Callable[..., list[AuditEntry]],
) -> None:
    def rows() -> Iterator[str]:
        yield Item.objects.get().sku
        write()

    (entry,) = after(read, StreamingHttpResponse(rows()))

    assert entry.action == "support.changed"


def test_an_error_rolls_back_rows_and_audit_entry(
    after: Callable[..., list[AuditEntry]], acme: Organization
) -> None:
    def fail() -> None:
        write()
        Item.objects.create(sku="DESK", description="Another", price=1)

    assert after(fail, HttpResponse()) == []
    with tenant_context(acme):
        assert Item.objects.get().price == Decimal(250)


@pytest.mark.parametrize("price", ["250", "250.00"])
def test_saving_without_a_change_writes_nothing(
    browser: Browser, acme: Organization, desk: Item, price: str
) -> None:
    before = AuditEntry.objects.count()
    form = {"sku": "DESK", "description": "Walnut desk", "price": price, "is_active": "on"}
    row = {"form-0-id": desk.pk, "form-0-price": price, "form-0-is_active": "on", "_save": "Save"}
    rows = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", **row}

    assert browser.send(f"{ITEMS}{desk.pk}/change/", form, acme).status_code == 302
    assert browser.send(ITEMS, rows, acme).status_code == 302

    with tenant_context(acme):
        assert Item.objects.get().updated_at == desk.updated_at
    assert (AuditEntry.objects.count(), LogEntry.objects.count()) == (before, 0)
