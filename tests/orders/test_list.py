"""GET /api/orders/: members see their own orders, admins and owners all."""

from datetime import timedelta

import pytest
from django.utils import timezone

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenant_apps.orders.models import Order
from tenant_apps.orders.services import order_place
from tenantry.context import tenant_context
from tests.conftest import ClientOf
from tests.orders.fixtures import Place

URL = "/api/orders/"


@pytest.fixture
def lamp(acme: Organization) -> Item:
    with tenant_context(acme):
        return Item.objects.create(sku="LAMP", description="A lamp", price="20.00")


@pytest.fixture
def orders(place: Place, bob: User, carol: User, desk: Item, lamp: Item) -> dict[str, int]:
    """Bob ordered a desk, then four lamps; carol ordered a lamp and cancelled."""
    orders = {
        "bob's desk": place(bob, desk),
        "bob's lamps": place(bob, lamp, 4),
        "carol's lamp": place(carol, lamp),
    }
    with tenant_context("acme"):
        Order.objects.filter(pk=orders["carol's lamp"].pk).update(status="cancelled")
    return {name: order.pk for name, order in orders.items()}


def listed(client_of: ClientOf, user: User, query: str = "") -> list[int]:
    response = client_of(user).get(URL + query)
    assert response.status_code == 200, response.content
    return [order["id"] for order in response.json()["results"]]


def test_a_member_lists_their_own(client_of: ClientOf, bob: User, orders: dict[str, int]) -> None:
    assert listed(client_of, bob) == [orders["bob's desk"], orders["bob's lamps"]]


@pytest.mark.parametrize("person", ["carol", "alice"])
def test_admins_and_owners_list_all(
    client_of: ClientOf, request: pytest.FixtureRequest, orders: dict[str, int], person: str
) -> None:
    assert listed(client_of, request.getfixturevalue(person)) == list(orders.values())


def test_another_organization_lists_none_of_them(
    client_of: ClientOf, charlie: User, orders: dict[str, int]
) -> None:
    assert listed(client_of, charlie) == []


def test_the_list_shows_each_order_like_its_detail(
    client_of: ClientOf, bob: User, orders: dict[str, int]
) -> None:
    client = client_of(bob)

    body = client.get(URL).json()

    assert body.keys() == {"count", "next", "previous", "results"}
    for order in body["results"]:
        assert order == client.get(f"{URL}{order['id']}/").json()


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?status=placed", ["bob's desk", "bob's lamps"]),
        ("?status=cancelled", ["carol's lamp"]),
        ("?status=fulfilled", []),
        ("?search=lamp", ["bob's lamps", "carol's lamp"]),
        ("?search=DESK", ["bob's desk"]),
        ("?search=carol", ["carol's lamp"]),
        ("?search=charlie", []),
        ("?ordering=-id", ["carol's lamp", "bob's lamps", "bob's desk"]),
        ("?ordering=total", ["carol's lamp", "bob's lamps", "bob's desk"]),
        ("?ordering=-placed_at", ["carol's lamp", "bob's lamps", "bob's desk"]),
        ("?ordering=status", ["carol's lamp", "bob's desk", "bob's lamps"]),
        ("?page_size=1&page=2", ["bob's lamps"]),
    ],
)
def test_the_list_has_search_filters_ordering_and_pages(
    client_of: ClientOf, alice: User, orders: dict[str, int], query: str, names: list[str]
) -> None:
    assert listed(client_of, alice, query) == [orders[name] for name in names]


def test_the_list_can_be_filtered_by_time(
    client_of: ClientOf, alice: User, orders: dict[str, int]
) -> None:
    yesterday = timezone.now() - timedelta(days=1)
    with tenant_context("acme"):
        Order.objects.filter(pk=orders["bob's desk"]).update(placed_at=yesterday)
    client = client_of(alice)
    limit = {"placed_after": (timezone.now() - timedelta(hours=1)).isoformat()}

    after = client.get(URL, limit).json()["results"]
    before = client.get(URL, {"placed_before": limit["placed_after"]}).json()["results"]

    assert [order["id"] for order in after] == [orders["bob's lamps"], orders["carol's lamp"]]
    assert [order["id"] for order in before] == [orders["bob's desk"]]


@pytest.mark.parametrize("zone", ["-17:31", "%2B23:59", "Z", ""])
def test_a_time_can_have_any_zone(
    client_of: ClientOf, bob: User, orders: dict[str, int], zone: str
) -> None:
    """PostgreSQL rejects offsets over 15:59:59."""
    query = f"?placed_after=2000-01-01T00:00:00{zone}"

    assert listed(client_of, bob, query) == listed(client_of, bob)


def test_a_search_does_not_change_totals(
    client_of: ClientOf, bob: User, desk: Item, lamp: Item
) -> None:
    """Both lines match: a sum over the join of the search would count them twice."""
    with tenant_context("acme"):
        order_place(user=bob, lines=[{"item": desk, "quantity": 1}, {"item": lamp, "quantity": 1}])

    (order,) = client_of(bob).get(f"{URL}?search=a").json()["results"]

    assert order["total"] == "270.00"
    assert len(order["lines"]) == 2


def test_a_user_in_the_query_changes_nothing(
    client_of: ClientOf, bob: User, carol: User, orders: dict[str, int]
) -> None:
    claims = f"?user={carol.pk}&user_id={carol.pk}&organization=globex&search=o"

    assert orders["carol's lamp"] not in listed(client_of, bob, claims)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?status=lost", "status"),
        ("?status=%00", "status"),
        ("?placed_after=yesterday", "placed_after"),
        ("?placed_before=99999-01-01", "placed_before"),
        ("?placed_before=0001-01-01T00:00:00%2B14:00", "placed_before"),
        ("?placed_after=9999-12-31T23:00:00-14:00", "placed_after"),
    ],
)
def test_the_error_names_the_invalid_filter(
    client_of: ClientOf, bob: User, query: str, field: str
) -> None:
    response = client_of(bob).get(URL + query)

    assert response.status_code == 400
    assert response.json().keys() == {field}


@pytest.mark.parametrize("page", ["2", "0", "x", "99999999999999999999"])
def test_a_page_after_the_last_one_is_not_found(client_of: ClientOf, bob: User, page: str) -> None:
    assert client_of(bob).get(f"{URL}?page={page}").status_code == 404


def test_orders_of_a_former_member_have_their_name(
    client_of: ClientOf, alice: User, bob: User, orders: dict[str, int]
) -> None:
    bob.memberships.all().delete()
    User.objects.filter(pk=bob.pk).update(is_active=False)

    names = [order["user"]["name"] for order in client_of(alice).get(URL).json()["results"]]

    assert names == ["Bob", "Bob", "Carol"]
