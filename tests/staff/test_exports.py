"""Exports of an organization's rows."""

from shared_apps.organizations.models import Organization
from tenant_apps.items.models import Item

from .conftest import Browser, ItemIn
from .test_items import ITEMS


def test_an_export_contains_only_the_organization_s_items(
    browser: Browser, acme: Organization, globex: Organization, desk: Item, item_in: ItemIn
) -> None:
    item_in(globex, sku="OAK", description="Oak desk")
    item_in(acme, sku="SUM", description="=1+1")

    response = browser.send(f"{ITEMS}export/", {"format": "0"}, acme)

    rows = response.content.decode().splitlines()
    assert rows == [
        "sku,description,price,is_active",
        "DESK,Walnut desk,250.00,1",
        "SUM,'=1+1,250.00,1",
    ]


def test_an_export_with_an_unknown_filter_goes_to_the_list(browser: Browser) -> None:
    response = browser.get(f"{ITEMS}export/", {"format": "a\0b"})

    assert (response.status_code, response["Location"]) == (302, f"{ITEMS}?e=1")
