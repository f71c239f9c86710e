"""/items/export/: the filtered list as a CSV file."""

import re
from typing import Any

import pytest
from rest_framework.test import APIClient

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenantry.context import tenant_context
from tests.conftest import SessionOf

from .csv_steps import EXPORT, HEADER, upload


def lines(browser: APIClient, query: str = "") -> list[str]:
    response: Any = browser.get(EXPORT + query)
    assert response.status_code == 200
    return b"".join(response).decode("utf-8-sig").splitlines()


def test_the_export_is_a_file_that_spreadsheets_read(admin: APIClient, desk: Item) -> None:
    response: Any = admin.get(EXPORT)

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(
        r'attachment; filename="items-acme-[\d-]{10}\.csv"', response["Content-Disposition"]
    )
    content = b"".join(response)
    assert content == f"\ufeff{HEADER}DESK,Acme desk,250.00,1\n".replace("\n", "\r\n").encode()


def test_the_export_has_the_rows_of_the_filtered_list_without_its_pages(
    admin: APIClient, acme: Organization
) -> None:
    with tenant_context(acme):
        for number in range(60):
            Item.objects.create(sku=f"A{number:02}", description="Even", price=1)
        Item.objects.create(sku="B", description="Odd", price=1)
        Item.objects.create(sku="C", description="Even", price=1, is_active=False)

    assert len(lines(admin)) == 62
    assert len(lines(admin, "?search=even&page=9&page_size=2")) == 61
    assert lines(admin, "?search=even&ordering=-sku")[1] == "A59,Even,1.00,1"
    assert lines(admin, "?is_active=false")[1:] == ["C,Even,1.00,0"]


def test_the_export_with_an_invalid_filter_leads_to_the_list_with_the_error(
    admin: APIClient, desk: Item
) -> None:
    response: Any = admin.get(f"{EXPORT}?price_min=x")

    assert (response.status_code, response["Location"]) == (302, "/items/?price_min=x")


@pytest.mark.parametrize("value", ["=1+1", "@SUM(1)", "+1", "-1", "'=1"])
def test_the_export_has_no_formulas_and_restores_them_when_imported(
    admin: APIClient, acme: Organization, value: str
) -> None:
    with tenant_context(acme):
        Item.objects.create(sku=value, description=value, price=1)

    _, line = lines(admin)
    content = b"".join(admin.get(EXPORT))
    preview = upload(admin, content)

    assert line.lstrip('"').startswith("'")
    assert "There is nothing to import." in preview.text


def test_the_export_is_for_members_and_has_nothing_of_another_organization(
    session_of: SessionOf, bob: User, desk: Item, globex_desk: Item
) -> None:
    assert lines(session_of(bob))[1:] == ["DESK,Acme desk,250.00,1"]
