"""GET /api/items/."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenantry.context import tenant_context
from tests.conftest import ClientOf
from tests.items.fixtures import DESK_ID

URL = "/api/items/"


@pytest.fixture
def bob_client(client_of: ClientOf, bob: User) -> APIClient:
    return client_of(bob)


@pytest.fixture
def items(acme: Organization) -> list[Item]:
    """Five items: two have the same price, the last one is archived."""
    rows = [
        ("LAMP", "A bright lamp", "20.00", True),
        ("CHAIR", "An office chair", "100.00", True),
        ("SOFA", "A red sofa", "900.00", True),
        ("STOOL", "A bright stool", "20.00", True),
        ("COUCH", "An old couch", "50.00", False),
    ]
    with tenant_context(acme):
        return [
            Item.objects.create(sku=sku, description=text, price=price, is_active=active)
            for sku, text, price, active in rows
        ]


def skus(client: APIClient, query: str = "") -> list[str]:
    response = client.get(URL + query)
    assert response.status_code == 200, response.content
    return [item["sku"] for item in response.json()["results"]]


def test_the_list_shows_all_fields_of_an_item(client_of: ClientOf, bob: User, desk: Item) -> None:
    response = client_of(bob).get(URL)

    assert response.status_code == 200
    body = response.json()
    (shown,) = body.pop("results")
    created_at, updated_at = shown.pop("created_at"), shown.pop("updated_at")
    assert body == {"count": 1, "next": None, "previous": None}
    assert shown == {
        "id": DESK_ID,
        "sku": "DESK",
        "description": "Acme desk",
        "price": "250.00",
        "is_active": True,
    }
    assert created_at.endswith("Z")
    assert updated_at.endswith("Z")


def test_the_list_shows_only_items_of_the_caller_s_organization(
    client_of: ClientOf, bob: User, charlie: User, desk: Item, globex_desk: Item
) -> None:
    def prices(user: User) -> list[str]:
        return [item["price"] for item in client_of(user).get(URL).json()["results"]]

    assert prices(bob) == ["250.00"]
    assert prices(charlie) == ["90.00"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?is_active=true",
        "?is_active=",
        "?is_active=maybe",
        "?is_active=true&is_active=",
        "?nonsense=1",
    ],
)
def test_the_list_shows_active_items(bob_client: APIClient, items: list[Item], query: str) -> None:
    assert skus(bob_client, query) == ["LAMP", "CHAIR", "SOFA", "STOOL"]


@pytest.mark.parametrize("false", ["false", "False", "0"])
def test_the_list_shows_archived_items_on_request(
    bob_client: APIClient, items: list[Item], false: str
) -> None:
    assert skus(bob_client, f"?is_active={false}") == ["COUCH"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?search=bright", ["LAMP", "STOOL"]),
        ("?search=BRIGHT lamp", ["LAMP"]),
        ("?search=sofa", ["SOFA"]),
        ("?search=nothing", []),
        ("?sku=CHAIR", ["CHAIR"]),
        ("?price_min=100", ["CHAIR", "SOFA"]),
        ("?price_max=100", ["LAMP", "CHAIR", "STOOL"]),
        ("?price_min=20.01&price_max=899.99", ["CHAIR"]),
        ("?ordering=sku", ["CHAIR", "LAMP", "SOFA", "STOOL"]),
        ("?ordering=-price", ["SOFA", "CHAIR", "LAMP", "STOOL"]),
        ("?ordering=price,-sku", ["STOOL", "LAMP", "CHAIR", "SOFA"]),
        ("?ordering=-id", ["STOOL", "SOFA", "CHAIR", "LAMP"]),
        ("?ordering=nonsense", ["LAMP", "CHAIR", "SOFA", "STOOL"]),
    ],
)
def test_the_list_can_be_searched_filtered_and_ordered(
    bob_client: APIClient, items: list[Item], query: str, expected: list[str]
) -> None:
    assert skus(bob_client, query) == expected


def test_pages_of_equal_values_neither_repeat_nor_skip_an_item(
    bob_client: APIClient, acme: Organization
) -> None:
    with tenant_context(acme):
        Item.objects.bulk_create(
            Item(sku=f"S{number:02}", description="Same", price=1) for number in range(30)
        )

    pages = [
        skus(bob_client, f"?ordering=description&page_size=7&page={page}") for page in range(1, 6)
    ]

    assert sorted(sku for page in pages for sku in page) == [
        f"S{number:02}" for number in range(30)
    ]


class TestPages:
    @pytest.fixture(autouse=True)
    def many(self, acme: Organization) -> None:
        with tenant_context(acme):
            Item.objects.bulk_create(
                Item(sku=str(number), description="Item", price=1) for number in range(201)
            )

    @pytest.mark.parametrize(
        ("query", "rows"),
        [
            ("", 50),
            ("?page=5", 1),
            ("?page_size=200", 200),
            ("?page_size=201", 200),
            ("?page_size=99999999999999999999", 200),
            ("?page_size=0", 50),
            ("?page_size=-1", 50),
            ("?page_size=x", 50),
            ("?page_size=1_0", 50),
            ("?page_size=%2B7", 50),
            ("?page_size=\u0667", 50),
            ("?page_size=", 50),
            ("?page_size=7", 7),
        ],
    )
    def test_have_the_requested_size(self, bob_client: APIClient, query: str, rows: int) -> None:
        body = bob_client.get(URL + query).json()

        assert body["count"] == 201
        assert len(body["results"]) == rows

    def test_are_linked(self, bob_client: APIClient) -> None:
        first = bob_client.get(f"{URL}?page_size=100").json()
        second = bob_client.get(first["next"]).json()
        third = bob_client.get(second["next"]).json()

        assert first["previous"] is None
        assert third["next"] is None
        assert len(third["results"]) == 1
        assert bob_client.get(third["previous"]).json() == second

    @pytest.mark.parametrize("page", [
            "6", "0", "-1", "x", "99999999999999999999", "9" * 5000,
            "0_1", "%2B1", "%201%20", "1.0", "\u0661",
        ],
    )  # fmt: skip
    def test_after_the_last_one_are_not_found(self, bob_client: APIClient, page: str) -> None:
        response = bob_client.get(f"{URL}?page={page}")

        assert response.status_code == 404
        assert response.json()["code"] == "not_found"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?price_min=x", "price_min"),
        ("?price_min=NaN", "price_min"),
        ("?price_min=1_0", "price_min"),
        ("?price_min=\u0661", "price_min"),
        ("?price_max=1e999999", "price_max"),
        ("?price_max=1e400", "price_max"),
        ("?sku=%00", "sku"),
    ],
)
def test_the_error_names_the_invalid_filter(
    bob_client: APIClient, items: list[Item], query: str, field: str
) -> None:
    response: Any = bob_client.get(URL + query)

    assert response.status_code == 400
    assert response.json().keys() == {field}


@pytest.mark.parametrize(
    "text", ["%00", "a%00b", "%ff%fe", "%ed%a0%80", "'; DROP", "\\", "%25", "_"]
)
def test_no_search_text_breaks_the_list(bob_client: APIClient, db: None, text: str) -> None:
    assert bob_client.get(f"{URL}?search={text}").status_code in (200, 400)


@pytest.mark.parametrize("separator", ["+", ","])
def test_a_search_with_too_many_words_is_rejected(
    bob_client: APIClient, db: None, separator: str
) -> None:
    """Each word makes the statement longer: thousands take seconds, even without any row."""
    allowed, too_many = (separator.join("abcdefghijklmnopqrstu"[:number]) for number in (20, 21))

    assert bob_client.get(f"{URL}?search={allowed}").status_code == 200
    response = bob_client.get(f"{URL}?search={too_many}")

    assert response.status_code == 400
    assert response.json() == {"search": ["Search for at most 20 words."]}
