"""The browsable API: no link leads to 405, and each form and button can succeed."""

import json
import re
from html import unescape
from typing import Any

import pytest
from rest_framework.test import APIClient

from shared_apps.testing import PASSWORD
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenant_apps.orders.models import OrderLine
from tenantry.context import tenant_context
from tests.conftest import SessionOf
from tests.items.fixtures import DESK_ID
from tests.orders.fixtures import Place

HTML = {"Accept": "text/html"}


def page(client: APIClient, url: str, status: int = 200) -> str:
    response: Any = client.get(url, headers=HTML)
    assert response.status_code == status, response.text
    return str(response.text)


def send(client: APIClient, url: str, form: dict[str, Any]) -> Any:
    return client.post(url, form, format="multipart", headers=HTML)


def buttons(html: str) -> set[str]:
    return set(re.findall(r'<form class="action".*?<button[^>]*>(.*?)</button>', html, re.DOTALL))


def raw_form(html: str) -> Any:
    return json.loads(unescape(re.findall(r"<textarea[^>]*>(.*?)</textarea>", html, re.DOTALL)[0]))


def fields(html: str) -> set[str]:
    return set(re.findall(r'name="((?:lines|sku|status|email|organization)[^"]*)"', html))


@pytest.fixture
def order(place: Place, bob: User, desk: Item) -> str:
    return f"/api/orders/{place(bob, desk).pk}/"


@pytest.mark.parametrize(
    ("person", "expected"),
    [("bob", {"Cancel"}), ("carol", {"Cancel", "Fulfil"}), ("alice", {"Cancel", "Fulfil"})],
)
def test_an_order_has_buttons_for_what_the_caller_may_do(
    session_of: SessionOf,
    request: pytest.FixtureRequest,
    order: str,
    person: str,
    expected: set[str],
) -> None:
    assert buttons(page(session_of(request.getfixturevalue(person)), order)) == expected


def test_after_the_button_cancelled_an_order_it_has_no_buttons(
    session_of: SessionOf, bob: User, order: str
) -> None:
    client = session_of(bob)

    response = send(client, f"{order}cancel/", {"_organization": "acme"})

    assert response.status_code == 200
    assert "cancelled" in response.text
    for html in (response.text, page(client, order), send(client, f"{order}cancel/", {}).text):
        assert buttons(html) == set()
        assert "<textarea" not in html


@pytest.mark.parametrize("person", ["bob", "carol"])
def test_no_link_leads_to_405(
    session_of: SessionOf, request: pytest.FixtureRequest, order: str, person: str
) -> None:
    client = session_of(request.getfixturevalue(person))
    found = {"/api/", f"{order}cancel/"}
    seen = set[str]()
    while new := found - seen:
        url = new.pop()
        seen.add(url)
        response: Any = client.get(url, headers=HTML)
        assert response.status_code != 405 or url.endswith("cancel/"), url
        links = re.findall(r'href="([^"#]+)"', response.text)
        paths = {unescape(link).removeprefix("http://testserver") for link in links}
        found |= {path for path in paths if path.startswith("/api/") and "docs" not in path}

    assert len(seen) > 8


class TestPlacingAnOrder:
    def test_by_the_form(self, session_of: SessionOf, bob: User, desk: Item) -> None:
        form = {
            "lines[0]item": DESK_ID,
            "lines[0]quantity": 2,
            "lines[1]item": "",
            "lines[1]quantity": "",
            "lines[2]item": DESK_ID,
            "lines[2]quantity": 1,
        }

        response = send(session_of(bob), "/api/orders/", form)

        assert response.status_code == 201
        with tenant_context("acme"):
            assert [*OrderLine.objects.values_list("quantity", flat=True)] == [2, 1]

    def test_the_form_has_rows_and_suggests_items(
        self, session_of: SessionOf, bob: User, desk: Item
    ) -> None:
        html = page(session_of(bob), "/api/orders/")

        assert fields(html) >= {
            f"lines[{row}]{name}" for row in range(3) for name in ("item", "quantity")
        }
        assert "Acme desk, 250.00" in html

    def test_the_raw_form_begins_with_an_order_that_works(
        self, session_of: SessionOf, bob: User, desk: Item
    ) -> None:
        client = session_of(bob)

        raw = raw_form(page(client, "/api/orders/"))

        assert raw == {"lines": [{"item": DESK_ID, "quantity": 1}]}
        assert client.post("/api/orders/", raw).status_code == 201

    @pytest.mark.parametrize("quantity", ["0", "x", ""])
    def test_an_error_is_shown_at_its_line(
        self, session_of: SessionOf, bob: User, desk: Item, quantity: str
    ) -> None:
        form = {
            "lines[0]item": DESK_ID,
            "lines[0]quantity": 2,
            "lines[1]item": DESK_ID,
            "lines[1]quantity": quantity,
        }

        response = send(session_of(bob), "/api/orders/", form)

        assert response.status_code == 400
        rows = re.findall(r'class="(form-group[^"]*)">\s*<span[^>]*>Line', response.text)
        assert ["has-error" in row for row in rows] == [False, True, False]
        assert f'name="lines[1]item" value="{DESK_ID}"' in response.text

    @pytest.mark.parametrize("lines", [[], "x", 7, None, ["x"], [[]], {}, [{"item": {}}]], ids=repr)
    def test_the_page_renders_for_any_invalid_lines(
        self, session_of: SessionOf, bob: User, desk: Item, lines: Any
    ) -> None:
        response = session_of(bob).post("/api/orders/", {"lines": lines}, headers=HTML)

        assert response.status_code == 400

    def test_after_an_order_the_form_is_empty(
        self, session_of: SessionOf, bob: User, desk: Item
    ) -> None:
        form = {"lines[0]item": DESK_ID, "lines[0]quantity": 2}

        response = send(session_of(bob), "/api/orders/", form)

        assert "lines[0]item" in fields(response.text)
        assert "status" not in fields(response.text)

    def test_empty_rows_are_not_an_order(
        self, session_of: SessionOf, bob: User, desk: Item
    ) -> None:
        response = send(
            session_of(bob), "/api/orders/", {"lines[0]item": "", "lines[0]quantity": ""}
        )

        assert response.status_code == 400
        assert "This list may not be empty." in response.text


def test_the_form_archives_an_item_and_activates_it_again(
    session_of: SessionOf, carol: User, desk: Item
) -> None:
    client, url = session_of(carol), f"/api/items/{DESK_ID}/"
    boxes = re.findall(r'<input type="(\w+)" name="is_active" value="(\w+)"', page(client, url))

    assert boxes == [("hidden", "false"), ("checkbox", "true")]
    form = {"sku": "DESK", "description": "Desk", "price": "1"}
    archived = client.put(url, {**form, "is_active": "false"}, format="multipart")
    assert archived.json()["is_active"] is False
    both = client.put(url, {**form, "is_active": ["false", "true"]}, format="multipart")
    assert both.json()["is_active"] is True


def test_a_missing_item_has_no_form(session_of: SessionOf, carol: User) -> None:
    html = page(session_of(carol), f"/api/items/{DESK_ID}/", status=404)

    assert "<textarea" not in html
    assert "deleteModal" not in html


def test_members_have_no_form_for_items(session_of: SessionOf, bob: User, desk: Item) -> None:
    for url in ("/api/items/", f"/api/items/{DESK_ID}/"):
        html = page(session_of(bob), url)
        assert "<textarea" not in html
        assert "deleteModal" not in html


def test_priced_orders_have_no_filters(session_of: SessionOf, bob: User) -> None:
    assert "filtersModal" not in page(session_of(bob), "/api/orders/priced/")


@pytest.mark.parametrize(
    ("url", "names"),
    [
        ("/api/auth/token/", {"email", "organization"}),
        ("/api/me/organization/", {"organization"}),
    ],
)
def test_endpoints_with_only_post_have_a_form(
    session_of: SessionOf, bob: User, url: str, names: set[str]
) -> None:
    assert fields(page(session_of(bob), url, status=405)) >= names


def test_the_form_creates_a_token_without_an_organization(api_client: APIClient, bob: User) -> None:
    form = {"email": bob.email, "password": PASSWORD, "organization": ""}

    response = send(api_client, "/api/auth/token/", form)

    assert response.status_code == 200
    assert "&quot;schema_name&quot;: &quot;acme&quot;" in response.text


@pytest.mark.parametrize(
    "url",
    ["/api/", "/api/me/", "/api/items/", "/api/orders/", "/api/orders/priced/"],
)
@pytest.mark.parametrize("person", ["bob", "alice"])
def test_the_api_can_be_browsed(
    session_of: SessionOf, request: pytest.FixtureRequest, url: str, person: str
) -> None:
    client = session_of(request.getfixturevalue(person))

    response: Any = client.get(url, headers={"Accept": "text/html,*/*;q=0.8"})

    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("url", ["/api/auth/token/", "/api/auth/logout/", "/api/me/organization/"])
def test_endpoints_that_only_write_can_be_browsed(
    session_of: SessionOf, bob: User, url: str
) -> None:
    response = session_of(bob).get(url, headers={"Accept": "text/html"})

    assert response.status_code == 405
    assert response["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("what", ["items", "orders"])
@pytest.mark.parametrize("person", ["bob", "alice"])
def test_one_item_or_order_can_be_browsed(
    session_of: SessionOf, request: pytest.FixtureRequest, what: str, person: str
) -> None:
    user, desk = request.getfixturevalue(person), request.getfixturevalue("desk")
    pk = desk.pk if what == "items" else request.getfixturevalue("place")(user, desk).pk

    response = session_of(user).get(f"/api/{what}/{pk}/", headers={"Accept": "text/html"})

    assert response.status_code == 200


def test_markup_in_a_name_is_escaped(session_of: SessionOf, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(name="<script>alert(1)</script>")

    response: Any = session_of(bob).get("/api/me/", headers={"Accept": "text/html"})

    assert "<script>alert" not in response.text
