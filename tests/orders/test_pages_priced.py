"""/orders/priced/: the same figures as the API, as a page, to print, and as CSV."""

import csv
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from rest_framework.test import APIClient

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenant_apps.orders import priced_pages
from tenant_apps.orders.models import Order
from tenant_apps.orders.services import order_place
from tenantry.context import tenant_context
from tests.conftest import SessionOf
from tests.orders.fixtures import Place

from .pages import text_of

URL = "/orders/priced/"
API = "/api/orders/priced/"
VIEWS = ("", "print/")


def rows_of_page(response: Any) -> list[tuple[str, ...]]:
    """Return item, price, quantity and total of each row, without currency and commas."""
    assert response.status_code == 200
    body = response.text.partition("<tbody>")[2].partition("</tbody>")[0]
    rows = [re.sub(r"<[^>]*>", "", row) for row in body.split("</tr>")[:-1]]
    cells = [[cell.strip() for cell in row.split("\n") if cell.strip()] for row in rows]
    return [tuple(cell.replace("EUR ", "").replace(",", "") for cell in row[2:]) for row in cells]


def rows_of_api(client: APIClient) -> list[tuple[str, ...]]:
    return [
        (
            row["item_description"],
            row["item_price"],
            str(row["order_quantity"]),
            row["order_total"],
        )
        for row in client.get(f"{API}?page_size=200").json()["results"]
    ]


def rows_of_csv(response: Any) -> list[dict[str, str]]:
    assert response.status_code == 200
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(StringIO(response.content.decode("utf-8-sig"))))


def grand_total(response: Any) -> str:
    found = re.search(r"Total(?: of all pages)? EUR ([\d,.]+)", text_of(response))
    assert found
    return found[1].replace(",", "")


@pytest.fixture
def orders(place: Place, bob: User, alice: User, desk: Item) -> Sequence[Order]:
    """Orders of bob, the third is cancelled; and one of alice."""
    large = Item(pk=desk.pk)
    placed = [place(bob, desk, 3)]
    with tenant_context("acme"):
        Item.objects.filter(pk=desk.pk).update(price="9999999999.99")
    placed += [place(bob, large, 2_147_483_647), place(bob, large), place(bob, large, 7)]
    place(alice, large)
    with tenant_context("acme"):
        Order.objects.filter(pk=placed[2].pk).update(status="cancelled")
        for order, day in zip(placed, (1, 2, 3, 4), strict=True):
            moment = datetime(2026, 3, day, 12, tzinfo=UTC)
            Order.objects.filter(pk=order.pk).update(placed_at=moment)
    return placed


@pytest.mark.parametrize("view", VIEWS)
def test_the_page_has_the_figures_of_the_api(
    browser: APIClient, orders: Sequence[Order], view: str
) -> None:
    page = browser.get(f"{URL}{view}")

    assert rows_of_page(page) == rows_of_api(browser)
    assert rows_of_page(page)[1] == (
        "Acme desk",
        "9999999999.99",
        "2147483647",
        "21474836469978525163.53",
    )
    assert grand_total(page) == browser.get(API).json()["grand_total"]


def test_the_csv_has_the_figures_of_the_api(browser: APIClient, orders: Sequence[Order]) -> None:
    response = browser.get(f"{URL}csv/")

    rows = rows_of_csv(response)
    assert [row.pop("placed_at") for row in rows] == [
        f"2026-03-0{day}T12:00:00Z" for day in (1, 2, 4)
    ]
    expected = browser.get(API).json()["results"]
    for row in expected:
        del row["user_name"]
    assert rows == [{name: str(value) for name, value in row.items()} for row in expected]
    assert "attachment" in response["Content-Disposition"]


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ("since=2026-03-02", [2, 4]),
        ("until=2026-03-02", [1, 2]),
        ("since=2026-03-02&until=2026-03-02", [2]),
        ("until=2026-02-28", []),
    ],
)
def test_days_filter_rows_and_totals(
    browser: APIClient, orders: Sequence[Order], query: str, days: list[int]
) -> None:
    totals = {1: "750.00", 2: "21474836469978525163.53", 4: "69999999999.93"}
    sums = {"24": "21474836539978525163.46", "12": "21474836469978525913.53"}

    expected = [totals[day] for day in days]
    assert [row["order_total"] for row in rows_of_csv(browser.get(f"{URL}csv/?{query}"))] == (
        expected
    )
    for view in VIEWS:
        page = browser.get(f"{URL}{view}?{query}")
        assert [row[-1] for row in rows_of_page(page)] == expected
        if days:
            assert grand_total(page) == sums.get("".join(map(str, days)), expected[0])
        else:
            assert "No orders on these days" in text_of(page)


def test_pages_have_the_total_of_all(browser: APIClient, bob: User, desk: Item) -> None:
    with tenant_context("acme"):
        order_place(user=bob, lines=[{"item": desk, "quantity": 1}] * 60)

    first, second = browser.get(f"{URL}?until=2999-01-01"), browser.get(f"{URL}?page=2")

    assert [len(rows_of_page(page)) for page in (first, second)] == [50, 10]
    assert grand_total(first) == grand_total(second) == "15000.00"
    assert "Total of all pages" in text_of(first)
    assert 'href="?until=2999-01-01&amp;page=2"' in first.text
    assert browser.get(f"{URL}?page=3").status_code == 404
    assert len(rows_of_page(browser.get(f"{URL}print/"))) == 60
    assert len(rows_of_csv(browser.get(f"{URL}csv/"))) == 60


@pytest.mark.parametrize("person", ["bob", "carol", "alice"])
def test_each_role_sees_only_its_own_lines(
    request: pytest.FixtureRequest, session_of: SessionOf, place: Place, desk: Item, person: str
) -> None:
    people = {name: request.getfixturevalue(name) for name in ("alice", "bob", "carol")}
    for number, user in enumerate(people.values(), 1):
        place(user, desk, number)

    client = session_of(people[person])

    assert rows_of_page(client.get(URL)) == rows_of_api(client)
    assert len(rows_of_csv(client.get(f"{URL}csv/"))) == 1


def test_each_organization_has_its_own_lines(
    browser: APIClient, place: Place, charlie: User, globex_desk: Item
) -> None:
    place(charlie, globex_desk)

    assert "You have not ordered anything yet" in text_of(browser.get(URL))
    assert rows_of_csv(browser.get(f"{URL}csv/")) == []


@pytest.mark.parametrize(
    "description", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "'=1", "\uff1d1", '=HYPERLINK("x")']
)
def test_the_csv_has_no_formulas(
    browser: APIClient, acme: Organization, bob: User, description: str
) -> None:
    with tenant_context(acme):
        item = Item.objects.create(sku="X", description=description, price=1)
        order_place(user=bob, lines=[{"item": item, "quantity": 1}])

    (row,) = rows_of_csv(browser.get(f"{URL}csv/"))

    assert row["item_description"] == f"'{description}"


@pytest.mark.parametrize("view", ["", "print/", "csv/"])
@pytest.mark.parametrize(
    "query", ["since=x", "until=9999-12-31", "since=2026-03-02&until=2026-03-01"]
)
def test_wrong_days_are_an_error(browser: APIClient, view: str, query: str) -> None:
    response = browser.get(f"{URL}{view}?{query}")

    assert response.status_code == 400
    assert 'class="errorlist"' in response.text


@pytest.mark.parametrize(("view", "limit"), [("print/", "MAX_PRINTED"), ("csv/", "MAX_IN_FILE")])
def test_too_many_lines_for_one_request_are_an_error(
    browser: APIClient,
    orders: Sequence[Order],
    monkeypatch: pytest.MonkeyPatch,
    view: str,
    limit: str,
) -> None:
    monkeypatch.setattr(priced_pages, limit, 2)

    response = browser.get(f"{URL}{view}")

    assert response.status_code == 400
    assert "These are more than 2 lines. Choose fewer days." in text_of(response)
    assert browser.get(f"{URL}{view}?until=2026-03-02").status_code == 200


def test_the_days_are_those_of_the_time_zone(
    browser: APIClient, orders: Sequence[Order], settings: Settings
) -> None:
    """At 12:00 UTC of 2 March it is 3 March on Kiritimati, 14 hours ahead."""
    settings.TIME_ZONE = "Pacific/Kiritimati"

    rows = rows_of_csv(browser.get(f"{URL}csv/?since=2026-03-03&until=2026-03-03"))

    assert [row["placed_at"] for row in rows] == ["2026-03-02T12:00:00Z"]


def test_the_api_sends_the_statement_without_days(
    browser: APIClient, orders: Sequence[Order]
) -> None:
    with CaptureQueriesContext(connection) as captured:
        browser.get(API)

    (lines,) = [query["sql"] for query in captured if "orderline" in query["sql"]]
    assert "placed_at" not in lines.partition("ORDER BY")[0]
