"""ETag and If-Match of /api/items/{id}/: nobody overwrites what they have not seen."""

from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from shared_apps.organizations.models import Organization
from shared_apps.users.models import ApiToken, User
from tenant_apps.items.models import Item
from tenantry.context import tenant_context
from tests.conftest import ClientOf, InThread, statements, wait_for_blocked
from tests.items.fixtures import DESK_ID

URL = f"/api/items/{DESK_ID}/"
WHOLE = {"sku": "D", "description": "D", "price": "1.00"}


@pytest.fixture
def admin(client_of: ClientOf, carol: User, desk: Item) -> APIClient:
    return client_of(carol)


def version(client: APIClient) -> str:
    return str(client.get(URL)["ETag"])


def change(client: APIClient, if_match: str, method: str = "patch", body: Any = None) -> Any:
    return getattr(client, method)(URL, body or {"price": "1.00"}, headers={"If-Match": if_match})


def price() -> str:
    with tenant_context("acme"):
        return str(Item.objects.get(pk=DESK_ID).price)


def test_the_version_is_a_strong_entity_tag(admin: APIClient) -> None:
    tag = version(admin)

    assert tag[0] == tag[-1] == '"'
    assert tag == version(admin)


@pytest.mark.parametrize("method", ["put", "patch"])
def test_each_answer_tells_the_version_that_a_read_would(admin: APIClient, method: str) -> None:
    before = version(admin)

    after = getattr(admin, method)(URL, WHOLE)["ETag"]

    assert after == version(admin) != before


@pytest.mark.parametrize("price", ["7", "-0", "-0.00", -0.0, "-0e1", "0e-2", "1e2", " 7.0 "])
def test_what_is_written_has_the_version_that_a_read_has(
    admin: APIClient, price: str | float
) -> None:
    created = admin.post("/api/items/", {"sku": " N ", "description": "N", "price": price})
    url = f"/api/items/{created.json()['id']}/"
    changed = admin.patch(url, {"price": price})

    assert created.content == changed.content == admin.get(url).content
    assert created["ETag"] == changed["ETag"] == admin.get(url)["ETag"]


@pytest.mark.parametrize(("method", "status"), [("put", 200), ("patch", 200), ("delete", 204)])
def test_what_was_seen_may_be_changed(admin: APIClient, method: str, status: int) -> None:
    assert change(admin, version(admin), method, WHOLE).status_code == status


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_a_lost_update_is_refused(admin: APIClient, method: str) -> None:
    seen = version(admin)
    admin.patch(URL, {"price": "300.00"})

    response = change(admin, seen, method, WHOLE)

    assert response.status_code == 412
    assert response.json().keys() == {"detail", "code"}
    assert response.json()["code"] == "precondition_failed"
    assert price() == "300.00"
    assert admin.get(URL).json()["is_active"]


def test_changed_and_changed_back_is_changed(admin: APIClient) -> None:
    seen = version(admin)
    admin.patch(URL, {"price": "300.00"})
    admin.patch(URL, {"price": "250.00"})

    assert change(admin, seen).status_code == 412


def test_a_change_past_the_services_counts(admin: APIClient) -> None:
    seen = version(admin)
    with tenant_context("acme"):
        Item.objects.update(price="2.00")

    assert change(admin, seen).status_code == 412


def test_without_if_match_the_last_one_wins_as_before(admin: APIClient) -> None:
    version(admin)
    admin.patch(URL, {"price": "300.00"})

    assert admin.patch(URL, {"price": "1.00"}).status_code == 200


@pytest.mark.parametrize("header", ["*", " * ", '"x", {}', '{} , "y"', 'W/"x",{}', '"x",,{}'])
def test_any_item_and_any_of_a_list_will_do(admin: APIClient, header: str) -> None:
    assert change(admin, header.format(version(admin))).status_code == 200


@pytest.mark.parametrize("header", ["W/{}", '"x"', "", "x", '"', "{}x", "'{}'", '"*"', "{} {}"])
def test_weak_wrong_and_broken_tags_never_match(admin: APIClient, header: str) -> None:
    assert change(admin, header.format(*[version(admin)] * 2)).status_code == 412
    assert price() == "250.00"


def test_who_may_not_write_learns_nothing_from_if_match(
    client_of: ClientOf, bob: User, charlie: User, desk: Item
) -> None:
    assert change(client_of(bob), '"x"').status_code == 403
    assert change(client_of(charlie), "*").status_code == 404


def test_a_wrong_body_is_refused_after_the_version(admin: APIClient) -> None:
    assert change(admin, version(admin), body={"price": "x"}).status_code == 400
    assert change(admin, '"x"', body={"price": "x"}).status_code == 412


@pytest.mark.parametrize("header", ["{}", "W/{}", '"x", {}', "*"])
def test_what_is_known_is_not_sent_again(admin: APIClient, header: str) -> None:
    tag = version(admin)

    response = admin.get(URL, headers={"If-None-Match": header.format(tag)})

    assert (response.status_code, response.content, response["ETag"]) == (304, b"", tag)


@pytest.mark.parametrize("header", ['"x"', "", "x"])
def test_what_is_not_known_is_sent(admin: APIClient, header: str) -> None:
    assert admin.get(URL, headers={"If-None-Match": header}).status_code == 200


def test_if_none_match_stops_a_change(admin: APIClient) -> None:
    response = admin.patch(URL, {"price": "1.00"}, headers={"If-None-Match": "*"})

    assert response.status_code == 412


def test_a_page_for_people_is_sent_whole(admin: APIClient) -> None:
    headers = {"If-None-Match": "*", "Accept": "text/html"}

    response = admin.get(URL, headers=headers)

    assert response.status_code == 200
    assert "ETag" not in response


def test_options_describe_whatever_is_demanded(admin: APIClient) -> None:
    assert admin.options(URL, headers={"If-Match": '"x"'}).status_code == 200


def test_if_match_adds_no_statement_but_the_transaction(admin: APIClient) -> None:
    def cost(**headers: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert admin.patch(URL, {"price": "1.00"}, headers=headers).status_code == 200
        return len(statements(captured))

    tag = version(admin)

    assert cost(**{"If-Match": tag}) == cost()


def test_of_two_at_once_who_saw_the_same_one_wins(
    in_thread: InThread, committed_organization: Organization
) -> None:
    """Both wait for the row while a third holds it, so that both have passed all else."""
    locked, let_go = Event(), Event()

    def prepare() -> tuple[str, int]:
        user = User.objects.get(organization=committed_organization)
        _, token = ApiToken.objects.issue(user=user, organization=committed_organization)
        with tenant_context(committed_organization):
            return token, Item.objects.create(sku="A", description="A", price=1).pk

    def hold() -> None:
        with tenant_context(committed_organization), transaction.atomic():
            Item.objects.select_for_update().get()
            locked.set()
            let_go.wait(timeout=10)

    token, pk = in_thread(prepare).result()
    client = APIClient(headers={"Authorization": f"Token {token}"})
    url = f"/api/items/{pk}/"
    tag = in_thread(lambda: client.get(url)).result()["ETag"]

    def change_to(amount: str) -> int:
        return client.patch(url, {"price": amount}, headers={"If-Match": tag}).status_code

    holding = in_thread(hold)
    assert locked.wait(timeout=10)
    changes = [in_thread(lambda: change_to("2.00")), in_thread(lambda: change_to("3.00"))]
    try:
        in_thread(lambda: wait_for_blocked(2)).result()
    finally:
        let_go.set()
    holding.result()

    assert sorted(answer.result() for answer in changes) == [200, 412]


@pytest.mark.parametrize(
    ("method", "sent"),
    [
        ("put", ("sku", "description", "price", "is_active")),
        ("patch", ("price",)),
        ("patch", ()),
    ],
)
def test_saving_without_a_change_is_no_new_version(
    admin: APIClient, method: str, sent: tuple[str, ...]
) -> None:
    before: Any = admin.get(URL)

    after = getattr(admin, method)(URL, {name: before.json()[name] for name in sent})

    assert (after.status_code, after.json()) == (200, before.json())
    assert before["ETag"] == after["ETag"] == version(admin)


def test_a_change_beside_what_is_so_already_is_one(admin: APIClient) -> None:
    before: Any = admin.get(URL)

    after = admin.patch(URL, {"price": "1.00", "sku": before.json()["sku"]})

    assert before["ETag"] != after["ETag"] == version(admin)
