"""/items/new/ and the change of an item: forms, lost updates, archiving."""

import re
from typing import Any

import pytest
from rest_framework.test import APIClient

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from shared_apps.webhooks.models import Delivery
from tenant_apps.items.models import Item
from tenantry.context import tenant_context
from tests.conftest import InThread, SessionOf, one_after_the_other
from tests.items.fixtures import DESK_ID
from tests.webhooks.fixtures import Hook

from .test_pages import DESK, URL, text

NEW = {"sku": "LAMP", "description": "Lamp", "price": "20.50"}
MINE = {"sku": "DESK", "description": "My desk", "price": "300"}


def send(browser: APIClient, url: str, form: dict[str, Any]) -> Any:
    return browser.post(url, form, format="multipart")


def stored() -> list[tuple[str, str, str, bool]]:
    with tenant_context("acme"):
        rows = Item.objects.order_by("pk").values_list("sku", "description", "price", "is_active")
        return [(sku, description, str(price), active) for sku, description, price, active in rows]


def version(page: str) -> str:
    found = re.search(r'name="version" value="&quot;(\w+)&quot;"', page)
    assert found is not None
    return f'"{found[1]}"'


class TestNew:
    def test_creates_the_item_and_leads_to_it(self, admin: APIClient, acme: Organization) -> None:
        response = send(admin, f"{URL}new/", NEW)

        assert response.status_code == 302
        assert "Lamp was created." in admin.get(response["Location"]).text
        assert stored() == [("LAMP", "Lamp", "20.50", True)]

    @pytest.mark.parametrize(
        ("given", "stored_price"),
        [("20", "20.00"), ("20,5", "20.50"), (" 0.10 ", "0.10"), ("-0", "0.00"), ("1e2", "100.00")],
    )
    def test_takes_amounts_with_a_point_or_a_comma(
        self, admin: APIClient, acme: Organization, given: str, stored_price: str
    ) -> None:
        assert send(admin, f"{URL}new/", {**NEW, "price": given}).status_code == 302
        assert stored()[0][2] == stored_price

    @pytest.mark.parametrize(
        ("field", "value", "error"),
        [
            ("price", "20.505", "no more than 2 decimal places"),
            ("price", "1,234", "no more than 2 decimal places"),
            ("price", "1.234,50", "Enter a number."),
            ("price", "1,2,3", "Enter a number."),
            ("price", "1_0", "Enter a number."),
            ("price", "\u0661", "Enter a number."),
            ("price", "NaN", "Enter a number."),
            ("price", "-1", "greater than or equal to 0"),
            ("price", "99999999999", "no more than 10 digits before the decimal point"),
            ("price", "1e999999", "no more than 12 digits"),
            ("price", "", "This field is required."),
            ("sku", " ", "This field is required."),
            ("sku", "x" * 65, "at most 64 characters"),
            ("description", "x" * 256, "at most 255 characters"),
            ("description", "a\0b", "Null characters are not allowed."),
        ],
    )
    def test_shows_an_error_at_the_field_and_keeps_the_input(
        self, admin: APIClient, acme: Organization, field: str, value: str, error: str
    ) -> None:
        response = send(admin, f"{URL}new/", {**NEW, field: value})

        assert response.status_code == 400
        assert re.search(rf'id="id_{field}_error">.*{error}', response.text)
        assert all(kept in response.text for name, kept in NEW.items() if name != field)
        assert stored() == []

    def test_with_the_sku_of_another_item_is_an_error_at_the_field(
        self, admin: APIClient, desk: Item
    ) -> None:
        response = send(admin, f"{URL}new/", {**NEW, "sku": "DESK"})

        assert response.status_code == 400
        assert re.search('id="id_sku_error">.*An item with this SKU already', response.text)
        assert 'value="20.50"' in response.text
        assert len(stored()) == 1

    def test_calls_the_service_which_emits_the_event(
        self, admin: APIClient, acme: Organization, hook: Hook, local: None
    ) -> None:
        hook("http://127.0.0.1:9999/", events=["item.changed"])

        send(admin, f"{URL}new/", NEW)

        assert Delivery.objects.filter(event="item.changed").count() == 1


class TestChange:
    def test_saves_and_leads_to_the_item(self, admin: APIClient, desk: Item) -> None:
        page = admin.get(f"{DESK}change/").text
        assert 'value="250.00"' in page

        response = send(admin, f"{DESK}change/", {**MINE, "version": version(page)})

        assert (response.status_code, response["Location"]) == (302, DESK)
        assert "My desk was saved." in admin.get(DESK).text
        assert stored() == [("DESK", "My desk", "300.00", True)]

    def test_has_the_version_that_the_api_sends(self, admin: APIClient, desk: Item) -> None:
        page = admin.get(f"{DESK}change/").text

        assert version(page) == admin.get(f"/api/items/{DESK_ID}/")["ETag"]

    def test_with_an_invalid_amount_keeps_the_input_and_the_version(
        self, admin: APIClient, desk: Item
    ) -> None:
        seen = version(admin.get(f"{DESK}change/").text)

        response = send(admin, f"{DESK}change/", {**MINE, "price": "1.999", "version": seen})

        assert response.status_code == 400
        assert re.search('id="id_price_error">.*no more than 2 decimal places', response.text)
        assert "My desk" in response.text
        assert version(response.text) == seen
        assert stored() == [("DESK", "Acme desk", "250.00", True)]

    def test_to_the_sku_of_another_item_is_an_error_at_the_field(
        self, admin: APIClient, desk: Item
    ) -> None:
        send(admin, f"{URL}new/", NEW)
        seen = version(admin.get(f"{DESK}change/").text)

        response = send(admin, f"{DESK}change/", {**MINE, "sku": "LAMP", "version": seen})

        assert response.status_code == 400
        assert re.search('id="id_sku_error">.*An item with this SKU already', response.text)
        assert [row[0] for row in stored()] == ["LAMP", "DESK"]


class TestLostUpdate:
    @pytest.fixture
    def seen(self, admin: APIClient, desk: Item) -> str:
        """The version of a form that is open while another admin saves a price."""
        seen = version(admin.get(f"{DESK}change/").text)
        admin.patch(f"/api/items/{DESK_ID}/", {"price": "275.00"})
        return seen

    def test_shows_both_versions_and_saves_nothing(self, admin: APIClient, seen: str) -> None:
        response = send(admin, f"{DESK}change/", {**MINE, "version": seen})

        assert response.status_code == 409
        shown = text(response.text)
        assert "This item was changed while you had it open." in shown
        assert "Description differs My desk Acme desk" in shown
        assert "Price differs EUR 300.00 EUR 275.00" in shown
        assert "SKU DESK DESK" in shown
        assert stored() == [("DESK", "Acme desk", "275.00", True)]

    def test_my_version_can_be_saved_over_the_other(self, admin: APIClient, seen: str) -> None:
        conflict = send(admin, f"{DESK}change/", {**MINE, "version": seen}).text
        assert all(f'value="{value}"' in conflict for value in MINE.values())

        response = send(admin, f"{DESK}change/", {**MINE, "version": version(conflict)})

        assert response.status_code == 302
        assert stored() == [("DESK", "My desk", "300.00", True)]

    def test_the_other_version_can_be_kept(self, admin: APIClient, seen: str) -> None:
        conflict = send(admin, f"{DESK}change/", {**MINE, "version": seen}).text

        assert f'href="{DESK}">Keep the saved version' in conflict

    def test_a_third_change_is_a_conflict_again(self, admin: APIClient, seen: str) -> None:
        conflict = send(admin, f"{DESK}change/", {**MINE, "version": seen}).text
        admin.patch(f"/api/items/{DESK_ID}/", {"price": "280.00"})

        again = send(admin, f"{DESK}change/", {**MINE, "version": version(conflict)})

        assert again.status_code == 409
        assert "EUR 280.00" in text(again.text)

    def test_the_same_values_are_no_conflict(self, admin: APIClient, seen: str) -> None:
        same = {"sku": "DESK", "description": "Acme desk", "price": "275", "version": seen}

        assert send(admin, f"{DESK}change/", same).status_code == 302

    def test_a_form_without_a_version_is_a_conflict(self, admin: APIClient, desk: Item) -> None:
        assert send(admin, f"{DESK}change/", MINE).status_code == 409

    def test_an_item_that_was_archived_meanwhile_is_shown_so(
        self, admin: APIClient, seen: str
    ) -> None:
        admin.delete(f"/api/items/{DESK_ID}/")

        shown = text(send(admin, f"{DESK}change/", {**MINE, "version": seen}).text)

        assert "Status Archived" in shown

    def test_a_concurrent_change_is_a_conflict(
        self,
        in_thread: InThread,
        committed_organization: Organization,
        session_of: SessionOf,
    ) -> None:
        """The other change has locked the row and commits after this request has begun."""
        within = tenant_context(committed_organization)
        create = within(lambda: Item.objects.create(sku="A", description="A", price=1))
        owner = User.objects.get(organization=committed_organization)
        browser = in_thread(lambda: session_of(owner)).result()
        url = f"/items/{in_thread(create).result().pk}/change/"
        form = {"sku": "A", "description": "Mine", "price": "1"}
        form["version"] = version(in_thread(lambda: browser.get(url).text).result())

        response = one_after_the_other(
            in_thread,
            within(lambda: Item.objects.update(description="Theirs", price=2)),
            lambda: send(browser, url, form),
        )

        assert response.status_code == 409
        assert "Theirs" in response.text


class TestArchive:
    def test_and_bring_back(self, admin: APIClient, desk: Item) -> None:
        archived = admin.post(f"{DESK}archive/", follow=True)
        assert "Acme desk was archived." in archived.text
        assert [row[3] for row in stored()] == [False]

        restored = admin.post(f"{DESK}restore/", follow=True)
        assert "Acme desk can be ordered again." in restored.text
        assert [row[3] for row in stored()] == [True]


@pytest.mark.parametrize("path", ["change/", "archive/", "restore/"])
def test_a_write_to_an_item_of_another_organization_is_404(
    session_of: SessionOf, charlie: User, desk: Item, path: str
) -> None:
    assert send(session_of(charlie), DESK + path, MINE).status_code == 404
    assert stored() == [("DESK", "Acme desk", "250.00", True)]


@pytest.mark.parametrize("path", ["new/", f"{DESK_ID}/change/", f"{DESK_ID}/archive/"])
class TestWrites:
    def test_of_a_member_are_403(
        self, session_of: SessionOf, bob: User, desk: Item, path: str
    ) -> None:
        response = session_of(bob).post(URL + path, NEW, format="multipart")

        assert response.status_code == 403
        assert "Ask an admin or an owner" in response.json()["detail"]
        assert stored() == [("DESK", "Acme desk", "250.00", True)]

    def test_of_a_stale_tab_are_409(self, admin: APIClient, desk: Item, path: str) -> None:
        response = send(admin, URL + path, {**NEW, "_organization": "globex"})

        assert response.status_code == 409
        assert stored() == [("DESK", "Acme desk", "250.00", True)]

    def test_of_another_site_are_403(
        self, session_of: SessionOf, carol: User, desk: Item, path: str
    ) -> None:
        assert session_of(carol, csrf=True).post(URL + path, NEW).status_code == 403
        assert stored() == [("DESK", "Acme desk", "250.00", True)]
