"""POST /api/items/: admins and owners add items."""

from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenantry.context import tenant_context
from tests.conftest import ClientOf, InThread, one_after_the_other

URL = "/api/items/"
LAMP = {"sku": "LAMP", "description": "A lamp", "price": "19.90"}


@pytest.fixture
def admin(client_of: ClientOf, carol: User) -> APIClient:
    return client_of(carol)


def count(organization: Organization) -> int:
    with tenant_context(organization):
        return Item.objects.count()


@pytest.mark.parametrize("person", ["carol", "alice"])
def test_admins_and_owners_add_items(
    client_of: ClientOf, request: pytest.FixtureRequest, person: str
) -> None:
    client = client_of(request.getfixturevalue(person))

    response = client.post(URL, LAMP)

    assert response.status_code == 201
    body = response.json()
    assert body == client.get(f"{URL}{body['id']}/").json()
    assert {key: body[key] for key in LAMP} == LAMP
    assert body["is_active"] is True


def test_members_cannot_add_items(client_of: ClientOf, bob: User, acme: Organization) -> None:
    response = client_of(bob).post(URL, LAMP)

    assert response.status_code == 403
    assert response.json()["code"] == "permission_denied"
    assert count(acme) == 0


def test_no_request_creates_an_item_in_another_organization(
    admin: APIClient, acme: Organization, globex: Organization
) -> None:
    claim = {"organization": "globex", "organization_id": globex.pk, "schema_name": "globex"}

    response = admin.post(f"{URL}?organization=globex&organization_id={globex.pk}", LAMP | claim)

    assert response.status_code == 201
    assert count(acme) == 1
    assert count(globex) == 0


def test_unknown_and_read_only_fields_are_ignored(admin: APIClient) -> None:
    response = admin.post(URL, {**LAMP, "colour": "red", "id": 10**9, "created_at": "2000-01-01"})

    assert response.status_code == 201
    assert response.json()["id"] != 10**9
    assert not response.json()["created_at"].startswith("2000")
    assert "colour" not in response.json()


@pytest.mark.parametrize(
    ("price", "shown"),
    [
        ("5000", "5000.00"),
        ("0", "0.00"),
        ("0.01", "0.01"),
        (5, "5.00"),
        (5.1, "5.10"),
        ("9999999999.99", "9999999999.99"),
        (" 7.5 ", "7.50"),
        ("1e2", "100.00"),
    ],
)
def test_a_price_is_shown_with_two_decimals(
    admin: APIClient, price: str | float, shown: str
) -> None:
    response = admin.post(URL, {**LAMP, "price": price})

    assert response.status_code == 201
    assert response.json()["price"] == shown
    assert admin.get(f"{URL}{response.json()['id']}/").json()["price"] == shown


@pytest.mark.parametrize(
    "price",
    [
        "19.999",
        19.999,
        "0.001",
        "5.000",
        "-0.01",
        "-1",
        "10000000000.00",
        10**12,
        "1e400",
        "NaN",
        "Infinity",
        "five",
        "",
        None,
        True,
        [],
        {},
        "1,5",
        "1" * 5000,
    ],
)
def test_an_invalid_price_is_rejected_and_not_rounded(
    admin: APIClient, acme: Organization, price: Any
) -> None:
    response = admin.post(URL, {**LAMP, "price": price})

    assert response.status_code == 400
    assert response.json().keys() == {"price"}
    assert count(acme) == 0


@pytest.mark.parametrize("price", ["19.990000000000000001", "5.0000", "1e-400", "0.1e-1"])
def test_a_json_number_is_read_exactly(admin: APIClient, price: str) -> None:
    body = f'{{"sku": "A", "description": "A", "price": {price}}}'

    response: Any = admin.post(URL, body, content_type="application/json")

    assert response.status_code == (201 if price == "0.1e-1" else 400), response.content


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"sku", "description", "price"}),
        ({**LAMP, "sku": ""}, {"sku"}),
        ({**LAMP, "sku": "   "}, {"sku"}),
        ({**LAMP, "sku": "x" * 65}, {"sku"}),
        ({**LAMP, "sku": None}, {"sku"}),
        ({**LAMP, "sku": ["x"]}, {"sku"}),
        ({**LAMP, "sku": "a\0b"}, {"sku"}),
        ({**LAMP, "description": "x" * 256}, {"description"}),
        ({**LAMP, "is_active": "maybe"}, {"is_active"}),
        ({**LAMP, "is_active": None}, {"is_active"}),
        ([], {"non_field_errors"}),
        ([LAMP], {"non_field_errors"}),
        ("text", {"non_field_errors"}),
        (7, {"non_field_errors"}),
    ],
)
def test_every_invalid_field_is_named(
    admin: APIClient, acme: Organization, body: Any, fields: set[str]
) -> None:
    response = admin.post(URL, body)

    assert response.status_code == 400
    assert response.json().keys() == fields
    assert count(acme) == 0


def test_a_taken_sku_is_rejected(admin: APIClient, acme: Organization) -> None:
    admin.post(URL, LAMP)

    response = admin.post(URL, LAMP)

    assert response.status_code == 400
    assert response.json() == {"sku": ["item with this SKU already exists."]}
    assert count(acme) == 1


def test_the_sku_of_an_archived_item_is_taken_as_well(admin: APIClient) -> None:
    item = admin.post(URL, LAMP).json()
    admin.delete(f"{URL}{item['id']}/")

    assert admin.post(URL, LAMP).json().keys() == {"sku"}


def test_two_organizations_can_use_the_same_sku(
    admin: APIClient, client_of: ClientOf, charlie: User
) -> None:
    assert admin.post(URL, LAMP).status_code == 201
    assert client_of(charlie).post(URL, LAMP).status_code == 201


def test_one_of_two_concurrent_items_with_the_same_sku_is_rejected(
    in_thread: InThread, committed_organization: Organization, committed_client: APIClient
) -> None:
    @tenant_context(committed_organization)
    def first() -> None:
        Item.objects.create(sku="LAMP", description="First", price=Decimal(1))

    response = one_after_the_other(in_thread, first, lambda: committed_client.post(URL, LAMP))

    assert response.status_code == 400
    assert response.json() == {"sku": ["An item with this SKU already exists."]}


def test_an_item_from_a_form_without_is_active_is_active(admin: APIClient) -> None:
    response = admin.post(URL, LAMP, format="multipart")

    assert response.status_code == 201
    assert response.json()["is_active"] is True
