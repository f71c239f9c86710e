"""/api/items/{id}/: read, change, archive, activate again."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenantry.context import tenant_context
from tests.conftest import ClientOf
from tests.items.fixtures import DESK_ID

URL = f"/api/items/{DESK_ID}/"


@pytest.fixture
def admin(client_of: ClientOf, carol: User, desk: Item) -> APIClient:
    return client_of(carol)


def test_a_member_can_read_an_item(client_of: ClientOf, bob: User, desk: Item) -> None:
    response = client_of(bob).get(URL)

    assert response.status_code == 200
    assert response.json()["description"] == "Acme desk"


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_a_member_cannot_change_an_item(
    client_of: ClientOf, bob: User, desk: Item, method: str
) -> None:
    client = client_of(bob)
    before = client.get(URL).json()

    response = getattr(client, method)(URL, {"sku": "MINE", "description": "Mine", "price": "0.01"})

    assert response.status_code == 403
    assert client.get(URL).json() == before


def test_put_changes_every_writable_field(admin: APIClient) -> None:
    before = admin.get(URL).json()

    response = admin.put(URL, {"sku": "D2", "description": "Better desk", "price": "300"})

    assert response.status_code == 200
    after = response.json()
    assert admin.get(URL).json() == after
    assert after["updated_at"] > before["updated_at"]
    assert after == {
        **before,
        "sku": "D2",
        "description": "Better desk",
        "price": "300.00",
        "updated_at": after["updated_at"],
    }


def test_put_needs_every_field(admin: APIClient) -> None:
    response = admin.put(URL, {"price": "1.00"})

    assert response.status_code == 400
    assert response.json().keys() == {"sku", "description"}


def test_patch_changes_only_the_sent_fields(admin: APIClient) -> None:
    before = admin.get(URL).json()

    after = admin.patch(URL, {"price": "199.95"}).json()

    assert after == {**before, "price": "199.95", "updated_at": after["updated_at"]}


def test_read_only_fields_stay(admin: APIClient) -> None:
    before = admin.get(URL).json()

    after = admin.patch(URL, {"id": 7, "created_at": "2000-01-01T00:00:00Z", "colour": 1}).json()

    assert after == {**before, "updated_at": after["updated_at"]}


@pytest.mark.parametrize("price", ["1.999", "-1", "10000000000", "x"])
def test_an_invalid_price_changes_nothing(admin: APIClient, price: str) -> None:
    response = admin.patch(URL, {"price": price})

    assert response.status_code == 400
    assert admin.get(URL).json()["price"] == "250.00"


def test_the_sku_of_another_item_is_rejected(admin: APIClient) -> None:
    admin.post("/api/items/", {"sku": "LAMP", "description": "Lamp", "price": "1"})

    response = admin.patch(URL, {"sku": "LAMP"})

    assert response.status_code == 400
    assert response.json().keys() == {"sku"}


def test_an_item_can_keep_its_sku(admin: APIClient) -> None:
    assert admin.patch(URL, {"sku": "DESK"}).status_code == 200


class TestArchiving:
    def test_delete_archives(self, admin: APIClient) -> None:
        response = admin.delete(URL)

        assert (response.status_code, response.content) == (204, b"")
        assert admin.get("/api/items/").json()["count"] == 0
        assert admin.get("/api/items/?is_active=false").json()["count"] == 1
        assert admin.get(URL).json()["is_active"] is False

    def test_delete_can_be_repeated(self, admin: APIClient) -> None:
        admin.delete(URL)

        assert admin.delete(URL).status_code == 204

    @pytest.mark.parametrize("method", ["patch", "put"])
    def test_an_archived_item_can_be_activated_again(self, admin: APIClient, method: str) -> None:
        admin.delete(URL)
        body = {"sku": "DESK", "description": "Desk", "price": "250.00", "is_active": True}

        response = getattr(admin, method)(URL, body)

        assert response.status_code == 200
        assert admin.get("/api/items/").json()["count"] == 1

    def test_a_change_of_another_field_does_not_activate_it(self, admin: APIClient) -> None:
        admin.delete(URL)
        body = {"sku": "DESK", "description": "Desk", "price": "1.00"}

        assert admin.put(URL, body).json()["is_active"] is False
        assert admin.patch(URL, {"price": "2.00"}).json()["is_active"] is False


class TestAnotherOrganizationsItem:
    def test_with_the_same_id_cannot_be_read_or_changed(
        self, client_of: ClientOf, charlie: User, desk: Item, globex_desk: Item
    ) -> None:
        client = client_of(charlie)

        assert client.get(URL).json()["description"] == "Globex desk"
        client.patch(URL, {"description": "Changed", "price": "1.00"})
        client.delete(URL)

        with tenant_context("acme"):
            desk.refresh_from_db()
        assert (desk.description, str(desk.price), desk.is_active) == ("Acme desk", "250.00", True)

    @pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
    def test_gives_the_same_404_as_one_that_does_not_exist(
        self, client_of: ClientOf, charlie: User, desk: Item, method: str
    ) -> None:
        client = client_of(charlie)
        body = {"sku": "MINE", "description": "Mine", "price": "0.01"}

        theirs = getattr(client, method)(URL, body)
        unknown = getattr(client, method)(f"/api/items/{DESK_ID + 1}/", body)

        assert theirs.status_code == unknown.status_code == 404
        assert theirs.json() == unknown.json()
        assert theirs.json()["code"] == "not_found"


@pytest.mark.parametrize("item", ["0", "99999999999999999999", "9" * 5000, "-1", "x", "1.5", "%00"])
def test_an_unknown_id_is_not_found(admin: APIClient, item: str) -> None:
    response: Any = admin.get(f"/api/items/{item}/")

    assert response.status_code == 404
    assert response.json()["code"] == "not_found"
