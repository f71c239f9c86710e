"""load_demo: the walk-through's data, and its answer."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings
from rest_framework.test import APIClient

from shared_apps.organizations.models import Membership, Organization
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenant_apps.orders.models import Order
from tenantry.context import tenant_context


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
def test_the_same_question_is_answered_from_the_caller_s_own_schema(
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


@pytest.mark.parametrize(
    ("person", "prices"),
    [(RICH, ["5000.00", "2000.00"]), (POOR, ["1000.00", "100.00"])],
    ids=["client1", "client2"],
)
def test_each_organization_has_its_items_one_and_two(
    demo: None, person: tuple[str, str], prices: list[str]
) -> None:
    items = signed_in(*person).get("/api/items/").json()["results"]

    assert [(item["id"], item["description"]) for item in items] == [(1, "Tesla"), (2, "Huawei")]
    assert [item["price"] for item in items] == prices


def test_item_one_of_the_other_organization_is_out_of_reach(demo: None) -> None:
    client = signed_in(*RICH)

    assert client.get("/api/items/1/").json()["price"] == "5000.00"
    assert client.patch("/api/items/1/", {"price": "1.00"}).status_code == 200
    order = client.post("/api/orders/", {"lines": [{"item": 1, "quantity": 1}]}).json()

    assert order["total"] == "1.00"
    assert signed_in(*POOR).get("/api/items/1/").json()["price"] == "1000.00"
    assert signed_in(*POOR).get("/api/orders/").json()["count"] == 2


def test_both_own_their_organizations(demo: None) -> None:
    owners = Membership.objects.filter(organization__schema_name__startswith="client")

    assert sorted(owners.values_list("user__email", "organization__schema_name", "role")) == [
        ("h@gmail.com", "client1", "owner"),
        ("p@gmail.com", "client2", "owner"),
    ]


def test_the_staff_user_is_a_superuser_and_a_member_of_nothing(demo: None) -> None:
    staff = User.objects.get(email="staff@example.com")

    assert staff.check_password("tenantry-demo")
    assert (staff.is_staff, staff.is_superuser) == (True, True)
    assert not staff.memberships.exists()


def test_loading_twice_duplicates_nothing_and_resets_nothing(demo: None) -> None:
    signed_in(*RICH).patch("/api/items/1/", {"price": "4999.00"})

    def everything() -> dict[str, Any]:
        rows: dict[str, Any] = {
            "users": list(User.objects.order_by("pk").values("email", "password")),
            "organizations": list(Organization.objects.values()),
            "memberships": list(Membership.objects.values()),
        }
        for name in ("client1", "client2"):
            with tenant_context(name):
                rows[name] = [list(Item.objects.values()), list(Order.objects.values())]
        return rows

    before = everything()
    call_command("load_demo")

    assert everything() == before


def test_refuses_to_run_in_production(db: None, settings: Settings) -> None:
    settings.DEBUG = False

    with pytest.raises(CommandError, match="DEBUG"):
        call_command("load_demo")

    assert not User.objects.filter(email__in=["h@gmail.com", "staff@example.com"]).exists()
    assert not Organization.objects.filter(schema_name="client1").exists()
