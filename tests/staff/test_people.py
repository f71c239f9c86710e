"""Staff who may write in an organization are among its people: rows and logs refer to them."""

import pytest
from django.contrib.admin.models import LogEntry

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenantry.context import tenant_context
from tests.people.reading import people_of
from tests.tenantry.guard_app.models import Document

from .conftest import Browser, BrowserOf


@pytest.fixture
def browser(browser_of: BrowserOf, olga: User) -> Browser:
    return browser_of(olga)


@pytest.mark.parametrize("mode", ["write", "read"])
def test_staff_who_may_write_are_among_the_people(
    browser: Browser, acme: Organization, globex: Organization, mode: str
) -> None:
    browser.enter(acme, mode)

    assert ("olga@tenantry.example" in people_of(acme)) == (mode == "write")
    assert "olga@tenantry.example" not in people_of(globex)


def test_a_row_of_staff_is_in_lists(
    browser: Browser,
    acme: Organization,
    olga: User,
) -> None:
    browser.enter(acme)

    with tenant_context(acme):
        Document.objects.create(title="Plan", author=olga)

        assert [each.author for each in Document.objects.select_related("author")] == [olga]
        assert Document.objects.filter(author__name="Olga").count() == 1


def test_the_history_of_a_row_shows_who_changed_it(
    browser: Browser,
    acme: Organization,
    desk: Item,
) -> None:
    browser.enter(acme)
    url = f"/admin/tenantry_items/item/{desk.pk}"
    form = {"sku": "DESK", "description": "Oak desk", "price": "250", "is_active": "on"}
    assert browser.send(f"{url}/change/", form, acme).status_code == 302

    page = browser.get(f"{url}/history/").content.decode()

    assert LogEntry.objects.count() == 1
    assert "Olga" in page
