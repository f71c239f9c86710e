"""Two browser tabs in two organizations cannot write into the wrong one."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenant_apps.orders.models import Order
from tenantry.context import tenant_context

from .conftest import Browser, BrowserOf, ItemIn
from .forms import FORMS, ITEMS, posts

PAGES = [ITEMS, f"{ITEMS}add/", f"{ITEMS}import/", f"{ITEMS}export/"]


@pytest.fixture
def browser(
    browser_of: BrowserOf, olga: User, globex: Organization, desk: Item, item_in: ItemIn
) -> Browser:
    """A browser in globex, which has an item with the key of acme's desk."""
    item_in(globex, pk=desk.pk, description="Oak desk", price=Decimal(90))
    browser = browser_of(olga)
    browser.enter(globex)
    return browser


def all_rows(*organizations: Organization) -> list[Any]:
    rows: list[Any] = []
    for organization in organizations:
        with tenant_context(organization):
            rows += [*Item.objects.values(), *Order.objects.values()]
    return [*rows, LogEntry.objects.count(), AuditEntry.objects.count()]


@pytest.mark.parametrize("named", ["acme", "", "nowhere"])
@pytest.mark.parametrize("form", FORMS)
def test_a_form_of_another_organization_is_409(
    browser: Browser,
    acme: Organization,
    globex: Organization,
    desk: Item,
    order: Order,
    form: str,
    named: str,
) -> None:
    before = all_rows(acme, globex)
    url, data = posts(desk, order)[form]

    response = browser.send(url, data, named)

    assert response.status_code == 409
    assert all_rows(acme, globex) == before


def test_the_mismatch_page_links_to_the_form_s_organization(browser: Browser, desk: Item) -> None:
    response = browser.send(f"{ITEMS}{desk.pk}/change/", {"price": "1"}, "acme")

    page = response.content.decode()
    assert "Nothing was saved" in page
    assert "This page belongs to <strong>Acme</strong>" in page
    assert "You are working in <strong>Globex</strong>" in page
    assert f"/admin/support/enter/acme/?next=/admin/tenantry_items/item/{desk.pk}/change/" in page


@pytest.mark.parametrize("named", ["", "nowhere"])
def test_the_mismatch_page_of_an_unknown_organization_shows_what_to_do(
    browser: Browser, desk: Item, named: str
) -> None:
    page = browser.send(f"{ITEMS}{desk.pk}/change/", {"price": "1"}, named).text

    assert "Open the form again and repeat your change." in page


@pytest.mark.parametrize(
    "url", [*PAGES, "/admin/", "/admin/tenantry_organizations/organization/add/"]
)
def test_every_form_contains_its_organization(browser: Browser, url: str) -> None:
    page = browser.get(url).content.decode()

    tokens = page.count('name="csrfmiddlewaretoken"')
    assert tokens
    assert page.count('<input type="hidden" name="_organization" value="globex">') == tokens


def test_a_form_of_the_entered_organization_is_saved(
    browser: Browser, globex: Organization, desk: Item
) -> None:
    data = {"sku": "DESK", "description": "Oak desk", "price": "95.00", "is_active": "on"}

    response = browser.send(f"{ITEMS}{desk.pk}/change/", data, globex)

    assert response.status_code == 302
    with tenant_context(globex):
        assert Item.objects.get(pk=desk.pk).price == Decimal(95)


def test_a_link_from_the_admin_log_does_not_open_another_organizations_row(
    browser: Browser, desk: Item
) -> None:
    there = browser.get(f"{ITEMS}acme_3A{desk.pk}/change/")
    here = browser.get(f"{ITEMS}globex_3A{desk.pk}/change/")

    assert there.status_code == 409
    assert "Oak" not in there.content.decode()
    assert here.status_code == 200
    assert "Oak" in here.content.decode()


@pytest.mark.parametrize("form", ["change", "delete", "order", "history", "order history"])
def test_pages_and_forms_of_a_row_of_another_organization_are_rejected(
    browser: Browser,
    acme: Organization,
    globex: Organization,
    desk: Item,
    order: Order,
    form: str,
) -> None:
    """The key in the URL has the prefix of the admin log: `acme:`."""
    histories: dict[str, Any] = {
        "history": (f"{ITEMS}{desk.pk}/history/", {}),
        "order history": (f"/admin/tenantry_orders/order/{order.pk}/history/", {}),
    }
    url, data = {**posts(desk, order), **histories}[form]
    *start, key, page, end = url.split("/")
    url = "/".join([*start, f"acme_3A{key}", page, end])
    before = all_rows(acme, globex)

    for response in (browser.get(url), browser.send(url, data, globex)):
        assert response.status_code in (403, 409)
        assert "Oak" not in response.text
    assert all_rows(acme, globex) == before


@pytest.mark.parametrize("form", ["action", "list editing", "order action"])
def test_a_list_form_with_keys_of_another_organization_changes_nothing(
    browser: Browser, acme: Organization, globex: Organization, desk: Item, order: Order, form: str
) -> None:
    before = all_rows(acme, globex)
    url, data = posts(desk, order)[form]
    keys: dict[str, Any] = {
        name: f"acme:{data[name]}" for name in ("_selected_action", "form-0-id") if name in data
    }

    response = browser.send(url, {**data, **keys}, globex)

    assert response.status_code < 500
    assert all_rows(acme, globex) == before


def test_view_on_site_of_a_row_of_another_organization_is_404(browser: Browser, desk: Item) -> None:
    kind = ContentType.objects.get_for_model(Item).pk

    assert browser.get(f"/admin/r/{kind}/acme:{desk.pk}/").status_code == 404
