"""/items/: the list and an item, and who sees which buttons."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenantry.context import tenant_context
from tests.conftest import SessionOf, statements
from tests.items.fixtures import DESK_ID

URL = "/items/"
DESK = f"{URL}{DESK_ID}/"
WRITING = {"/items/new/", "/items/import/"}


@pytest.fixture
def items(acme: Organization) -> None:
    """Four items: two have the same price, the last one is archived."""
    rows = [
        ("LAMP", "A bright lamp", "20.00", True),
        ("CHAIR", "An office chair", "100.00", True),
        ("SOFA", "A red sofa", "20.00", True),
        ("COUCH", "An old couch", "1234.50", False),
    ]
    with tenant_context(acme):
        for sku, text, price, active in rows:
            Item.objects.create(sku=sku, description=text, price=price, is_active=active)


@pytest.fixture
def member(session_of: SessionOf, bob: User) -> APIClient:
    return session_of(bob)


def skus(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="\d+/">(\w+)</a>', page)


def actions(page: str) -> set[str]:
    """Return the links and forms of the content that lead below /items/."""
    content = page.partition("<main")[2]
    return set(re.findall(r'(?:href|action)="(/items/[^"?]+)', content))


def text(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


class TestList:
    def test_shows_active_items_with_prices(self, member: APIClient, items: None) -> None:
        page = member.get(URL).text

        assert skus(page) == ["LAMP", "CHAIR", "SOFA"]
        assert "EUR 100.00" in text(page)
        assert "3 items" in text(page)

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("?is_active=false", ["COUCH"]),
            ("?is_active=maybe", ["LAMP", "CHAIR", "SOFA"]),
            ("?search=bright", ["LAMP"]),
            ("?search=OFFICE+chair", ["CHAIR"]),
            ("?ordering=sku", ["CHAIR", "LAMP", "SOFA"]),
            ("?ordering=-price", ["CHAIR", "LAMP", "SOFA"]),
            ("?ordering=nonsense", ["LAMP", "CHAIR", "SOFA"]),
            ("?price_min=50", ["CHAIR"]),
            ("?page_size=2&page=2", ["SOFA"]),
            ("?page=last&page_size=1", ["SOFA"]),
        ],
    )
    def test_has_the_filters_of_the_api(
        self, member: APIClient, items: None, query: str, expected: list[str]
    ) -> None:
        of_api = [item["sku"] for item in member.get(f"/api/items/{query}").json()["results"]]

        assert skus(member.get(URL + query).text) == of_api == expected

    def test_keeps_the_search_in_the_links_that_sort_and_page(
        self, member: APIClient, items: None
    ) -> None:
        page = member.get(f"{URL}?search=a&page_size=1&page=2&ordering=price").text

        assert 'href="?search=a&amp;page_size=1&amp;ordering=-price"' in page
        assert 'aria-sort="ascending"' in page
        assert 'href="?search=a&amp;page_size=1&amp;page=3&amp;ordering=price"' in page
        assert 'href="/items/export/?search=a&amp;ordering=price"' in page
        assert '<input type="hidden" name="page_size" value="1">' in page

    @pytest.mark.parametrize("page", ["2", "0", "x", "9" * 5000])
    def test_after_the_last_page_is_404(self, member: APIClient, items: None, page: str) -> None:
        assert member.get(f"{URL}?page={page}").status_code == 404

    @pytest.mark.parametrize(
        ("query", "error"),
        [
            ("?price_min=x", "price_min: Enter a number."),
            (f"?search={'a+' * 21}", "search: Search for at most 20 words."),
            ("?sku=%00", "sku: Null characters are not allowed."),
            ("?search=%00", "search: Null characters are not allowed."),
        ],
    )
    def test_an_invalid_filter_is_an_error_on_the_page(
        self, member: APIClient, items: None, query: str, error: str
    ) -> None:
        response: Any = member.get(URL + query)

        assert response.status_code == 400
        assert error in text(response.text)
        assert skus(response.text) == []

    def test_escapes_what_people_typed(self, member: APIClient, acme: Organization) -> None:
        with tenant_context(acme):
            Item.objects.create(sku="A", description="<script>alert(1)</script>", price=1)

        page = member.get(f"{URL}?search=<script>").text

        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page

    def test_has_buttons_only_for_those_who_write(
        self, member: APIClient, admin: APIClient, items: None
    ) -> None:
        assert not actions(member.get(URL).text) & WRITING
        assert actions(admin.get(URL).text) >= WRITING

    @pytest.mark.parametrize(
        ("query", "of_member", "of_admin"),
        [
            ("", "An admin or an owner of your organization adds them.", "Create the first one"),
            ("?search=x", "No item matches your search", "No item matches your search"),
            ("?is_active=false", "No archived items", "No archived items"),
        ],
    )
    def test_without_rows_says_what_to_do(
        self, member: APIClient, admin: APIClient, query: str, of_member: str, of_admin: str
    ) -> None:
        assert of_member in text(member.get(URL + query).text)
        assert of_admin in text(admin.get(URL + query).text)

    def test_has_nothing_of_another_organization(
        self, session_of: SessionOf, charlie: User, desk: Item, globex_desk: Item
    ) -> None:
        page = session_of(charlie).get(URL).text

        assert "Globex desk" in page
        assert "Acme desk" not in page


class TestDetail:
    def test_shows_facts_and_who_may_do_what(self, member: APIClient, desk: Item) -> None:
        page = text(member.get(DESK).text)

        for fact in ("Acme desk", "SKU DESK", "EUR 250.00", "Status Active", "Who may do what"):
            assert fact in page
        assert "Ask an admin or an owner for a change." in page

    def test_has_buttons_only_for_those_who_write(
        self, member: APIClient, admin: APIClient, desk: Item
    ) -> None:
        assert actions(member.get(DESK).text) == set()
        assert actions(admin.get(DESK).text) == {f"{DESK}change/", f"{DESK}archive/"}

    def test_shows_an_archived_item_with_a_button_to_bring_it_back(
        self, admin: APIClient, desk: Item
    ) -> None:
        admin.post(f"{DESK}archive/")

        page = admin.get(DESK).text

        assert "It cannot be ordered." in page
        assert actions(page) == {f"{DESK}change/", f"{DESK}restore/"}

    @pytest.mark.parametrize("page", ["", "change/"])
    def test_of_another_organization_is_404(
        self, session_of: SessionOf, charlie: User, desk: Item, page: str
    ) -> None:
        assert session_of(charlie).get(DESK + page).status_code == 404

    @pytest.mark.parametrize("pk", ["0", "9" * 30, "9" * 5000, "x"])
    def test_of_an_unknown_id_is_404(self, member: APIClient, pk: str) -> None:
        assert member.get(f"{URL}{pk}/").status_code == 404


# Each has the session and the caller's query, too.
@pytest.mark.parametrize(
    ("url", "queries"),
    [
        (URL, 3),
        (f"{URL}?search=a&ordering=price", 3),
        (DESK, 3),
        (f"{DESK}change/", 3),
        (f"{URL}new/", 2),
        (f"{URL}import/", 2),
        (f"{URL}export/", 3),
    ],
)
def test_the_number_of_queries_is_the_same_for_any_number_of_rows(
    admin: APIClient, desk: Item, acme: Organization, url: str, queries: int
) -> None:
    def cost() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            response = admin.get(url)
            b"".join(response)
        assert response.status_code == 200
        return statements(captured)

    admin.get(url)  # The first request of a day records the use of the session.
    few = cost()
    with tenant_context(acme):
        Item.objects.bulk_create(Item(sku=f"A{n}", description="A", price=n) for n in range(40))
    many = cost()

    assert len(few) == len(many) == queries, "\n".join(many)
