"""ETag and If-Match of /api/items/{id}/: no client overwrites changes that it has not seen."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenantry.context import tenant_context
from tests.conftest import ClientOf, InThread, run_behind_a_lock, statements
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
def test_a_change_returns_the_new_version(admin: APIClient, method: str) -> None:
    before = version(admin)

    after = getattr(admin, method)(URL, WHOLE)["ETag"]

    assert after == version(admin) != before


@pytest.mark.parametrize("price", ["7", "-0", "-0.00", -0.0, "-0e1", "0e-2", "1e2", " 7.0 "])
def test_a_write_returns_the_same_body_and_version_as_a_read(
    admin: APIClient, price: str | float
) -> None:
    created = admin.post("/api/items/", {"sku": " N ", "description": "N", "price": price})
    url = f"/api/items/{created.json()['id']}/"
    changed = admin.patch(url, {"price": price})

    assert created.content == changed.content == admin.get(url).content
    assert created["ETag"] == changed["ETag"] == admin.get(url)["ETag"]


@pytest.mark.parametrize(("method", "status"), [("put", 200), ("patch", 200), ("delete", 204)])
def test_a_change_with_the_current_version_succeeds(
    admin: APIClient, method: str, status: int
) -> None:
    assert change(admin, version(admin), method, WHOLE).status_code == status


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_a_change_with_an_old_version_is_rejected(admin: APIClient, method: str) -> None:
    seen = version(admin)
    admin.patch(URL, {"price": "300.00"})

    response = change(admin, seen, method, WHOLE)

    assert response.status_code == 412
    assert response.json().keys() == {"detail", "code"}
    assert response.json()["code"] == "precondition_failed"
    assert price() == "300.00"
    assert admin.get(URL).json()["is_active"]


def test_an_item_that_was_changed_back_has_a_new_version(admin: APIClient) -> None:
    seen = version(admin)
    admin.patch(URL, {"price": "300.00"})
    admin.patch(URL, {"price": "250.00"})

    assert change(admin, seen).status_code == 412


def test_a_change_without_the_services_is_a_new_version(admin: APIClient) -> None:
    seen = version(admin)
    with tenant_context("acme"):
        Item.objects.update(price="2.00")

    assert change(admin, seen).status_code == 412


def test_the_last_change_wins_without_if_match(admin: APIClient) -> None:
    version(admin)
    admin.patch(URL, {"price": "300.00"})

    assert admin.patch(URL, {"price": "1.00"}).status_code == 200


@pytest.mark.parametrize("header", ["*", " * ", '"x", {}', '{} , "y"', 'W/"x",{}', '"x",,{}'])
def test_a_star_and_a_list_with_the_version_match(admin: APIClient, header: str) -> None:
    assert change(admin, header.format(version(admin))).status_code == 200


@pytest.mark.parametrize("header", ["W/{}", '"x"', "", "x", '"', "{}x", "'{}'", '"*"', "{} {}"])
def test_weak_wrong_and_broken_tags_never_match(admin: APIClient, header: str) -> None:
    assert change(admin, header.format(*[version(admin)] * 2)).status_code == 412
    assert price() == "250.00"


def test_permissions_are_checked_before_if_match(
    client_of: ClientOf, bob: User, charlie: User, desk: Item
) -> None:
    assert change(client_of(bob), '"x"').status_code == 403
    assert change(client_of(charlie), "*").status_code == 404


def test_the_version_is_checked_before_the_body(admin: APIClient) -> None:
    assert change(admin, version(admin), body={"price": "x"}).status_code == 400
    assert change(admin, '"x"', body={"price": "x"}).status_code == 412


@pytest.mark.parametrize("header", ["{}", "W/{}", '"x", {}', "*"])
def test_a_version_that_the_client_has_is_304(admin: APIClient, header: str) -> None:
    tag = version(admin)

    response = admin.get(URL, headers={"If-None-Match": header.format(tag)})

    assert (response.status_code, response.content, response["ETag"]) == (304, b"", tag)


@pytest.mark.parametrize("header", ['"x"', "", "x"])
def test_a_version_that_the_client_does_not_have_is_200(admin: APIClient, header: str) -> None:
    assert admin.get(URL, headers={"If-None-Match": header}).status_code == 200


def test_if_none_match_stops_a_change(admin: APIClient) -> None:
    response = admin.patch(URL, {"price": "1.00"}, headers={"If-None-Match": "*"})

    assert response.status_code == 412


def test_an_html_page_has_no_version(admin: APIClient) -> None:
    headers = {"If-None-Match": "*", "Accept": "text/html"}

    response = admin.get(URL, headers=headers)

    assert response.status_code == 200
    assert "ETag" not in response


def test_options_ignores_if_match(admin: APIClient) -> None:
    assert admin.options(URL, headers={"If-Match": '"x"'}).status_code == 200


def test_if_match_adds_no_statement_but_the_transaction(admin: APIClient) -> None:
    def cost(price: str, **headers: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert admin.patch(URL, {"price": price}, headers=headers).status_code == 200
        return len(statements(captured))

    tag = version(admin)

    assert cost("1.00", **{"If-Match": tag}) == cost("2.00")


def test_only_one_of_two_changes_with_the_same_version_succeeds(
    in_thread: InThread, committed_organization: Organization, committed_client: APIClient
) -> None:
    within = tenant_context(committed_organization)
    create = within(lambda: Item.objects.create(sku="A", description="A", price=1))
    url = f"/api/items/{in_thread(create).result().pk}/"
    tag = in_thread(lambda: committed_client.get(url)).result()["ETag"]

    def change_to(amount: str) -> int:
        headers = {"If-Match": tag}
        return committed_client.patch(url, {"price": amount}, headers=headers).status_code

    statuses = run_behind_a_lock(
        in_thread,
        within(lambda: Item.objects.select_for_update().get()),
        lambda: change_to("2.00"),
        lambda: change_to("3.00"),
    )

    assert sorted(statuses) == [200, 412]


@pytest.mark.parametrize(
    ("method", "sent"),
    [
        ("put", ("sku", "description", "price", "is_active")),
        ("patch", ("price",)),
        ("patch", ()),
    ],
)
def test_a_save_without_a_change_keeps_the_version(
    admin: APIClient, method: str, sent: tuple[str, ...]
) -> None:
    before: Any = admin.get(URL)

    after = getattr(admin, method)(URL, {name: before.json()[name] for name in sent})

    assert (after.status_code, after.json()) == (200, before.json())
    assert before["ETag"] == after["ETag"] == version(admin)


def test_a_change_of_one_of_two_sent_fields_is_a_new_version(admin: APIClient) -> None:
    before: Any = admin.get(URL)

    after = admin.patch(URL, {"price": "1.00", "sku": before.json()["sku"]})

    assert before["ETag"] != after["ETag"] == version(admin)
