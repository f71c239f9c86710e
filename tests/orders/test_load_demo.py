"""load_demo creates the data of the walk-through, and the API returns its result."""

import pytest
from django.core.management import call_command
from pytest_django import Settings
from rest_framework.test import APIClient


@pytest.fixture
def demo(db: None, settings: Settings) -> None:
    settings.DEBUG = True
    call_command("load_demo")


def signed_in(email: str, password: str) -> APIClient:
    credentials = {"email": email, "password": password}
    response = APIClient().post("/api/auth/token/", credentials)
    assert response.status_code == 200
    return APIClient(headers={"Authorization": f"Token {response.json()['token']}"})


RICH = ("h@gmail.com", "ovious_password1")
POOR = ("p@gmail.com", "ovious_password2")


@pytest.mark.parametrize(
    ("person", "name", "lines", "grand_total"),
    [
        (
            RICH,
            "rich_dude",
            [("Tesla", "5000.00", 10, "50000.00"), ("Huawei", "2000.00", 5, "10000.00")],
            "60000.00",
        ),
        (
            POOR,
            "poor_dude",
            [("Tesla", "1000.00", 10, "10000.00"), ("Huawei", "100.00", 5, "500.00")],
            "10500.00",
        ),
    ],
    ids=["rich_dude", "poor_dude"],
)
def test_priced_orders_come_from_the_caller_s_schema(
    demo: None,
    person: tuple[str, str],
    name: str,
    lines: list[tuple[str, str, int, str]],
    grand_total: str,
) -> None:
    body = signed_in(*person).get("/api/orders/priced/").json()

    keys = ("user_name", "item_description", "item_price", "order_quantity", "order_total")
    assert [tuple(row[key] for key in keys) for row in body["results"]] == [
        (name, *line) for line in lines
    ]
    assert (body["count"], body["grand_total"]) == (2, grand_total)
    assert [row["order"] for row in body["results"]] == [1, 2]


def test_item_one_of_the_other_organization_stays_unchanged(demo: None) -> None:
    client = signed_in(*RICH)

    assert client.get("/api/items/1/").json()["price"] == "5000.00"
    assert client.patch("/api/items/1/", {"price": "1.00"}).status_code == 200
    order = client.post("/api/orders/", {"lines": [{"item": 1, "quantity": 1}]}).json()

    assert order["total"] == "1.00"
    assert signed_in(*POOR).get("/api/items/1/").json()["price"] == "1000.00"
    assert signed_in(*POOR).get("/api/orders/").json()["count"] == 2
