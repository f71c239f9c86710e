"""Malformed requests get an error or do no harm; none makes the service fail.

JSON bodies are in test_unreadable_bodies.py.
"""

from typing import Any

import pytest
from rest_framework.test import APIClient

from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tests.conftest import ClientOf
from tests.items.fixtures import DESK_ID
from tests.orders.fixtures import Place

GETS = ("/api/", "/api/me/", "/api/items/", f"/api/items/{DESK_ID}/", "/api/orders/",
        "/api/orders/priced/")  # fmt: skip
POSTS = ("/api/auth/token/", "/api/auth/logout/", "/api/me/organization/",
         "/api/orders/1/cancel/", "/api/orders/1/fulfil/")  # fmt: skip
PAGES = ("/api/schema/", "/api/docs/")  # Their errors are YAML and HTML.

METHODS = ("TRACE", "PROPFIND", "LOCK", "CONNECT", "X" * 100)
PARAMETERS = {
    "/api/items/": ("page", "page_size", "ordering", "search", "sku", "is_active", "price_min"),
    "/api/orders/": ("page", "page_size", "ordering", "search", "status", "placed_after"),
    "/api/orders/priced/": ("page", "page_size"),
}
QUERY_VALUES = {
    "%00": "NUL",
    "a%00b": "NUL inside",
    "%ff%fe": "not UTF-8",
    "%ed%a0%80": "a surrogate",
    "%": "half an escape",
    "%zz%u0041": "invalid escapes",
    "9" * 5000: "5000 digits",
    "-9223372036854775809": "less than a bigint",
    "x" * 100_000: "very long",
    "1&{}=2": "twice",
}
HEADER_VALUES = {
    "": "empty",
    "a\0b": "NUL",
    "\xff": "Latin-1",
    '"': "a quote",
    "*, *, W/*": "stars",
    "x" * 100_000: "very long",
}
HEADERS = ("Accept", "Accept-Language", "Content-Type", "Cookie", "Idempotency-Key", "If-Match",
           "If-None-Match", "X-Organization", "X-CSRFToken", "X-Request-ID", "Origin",
           "Referer", "Range", "X-Forwarded-For")  # fmt: skip
FORM_VALUES = ("%00", "a%00b", "%ff", "%ed%a0%80", "%", "%zz", "x" * 100_000)


@pytest.fixture
def admin(client_of: ClientOf, carol: User, desk: Item) -> APIClient:
    return client_of(carol)


def assert_handled(response: Any) -> None:
    """Check for success, or an error in the documented shape."""
    assert response.status_code < 500
    assert response["X-Request-ID"]
    if response.status_code >= 400:
        body = response.json()
        assert body.keys() == {"detail", "code"} or all(
            isinstance(wrong, list | dict) and wrong for wrong in body.values()
        )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("url", GETS + POSTS)
def test_an_unknown_method_is_405(admin: APIClient, url: str, method: str) -> None:
    response: Any = admin.generic(method, url)

    assert_handled(response)
    assert response.status_code == 405
    assert response["Allow"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("url", PAGES)
def test_an_unknown_method_on_the_documentation_is_405(
    admin: APIClient, url: str, method: str
) -> None:
    assert admin.generic(method, url).status_code == 405


def test_options_on_the_documentation_is_405(admin: APIClient) -> None:
    response: Any = admin.options("/api/docs/")

    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("url", GETS + PAGES)
def test_head_is_get_without_the_body(admin: APIClient, url: str) -> None:
    response: Any = admin.head(url)

    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize("url", POSTS)
def test_head_is_not_allowed_without_get(admin: APIClient, url: str) -> None:
    assert admin.head(url).status_code == 405


@pytest.mark.parametrize("url", GETS + POSTS)
def test_options_lists_the_allowed_methods(admin: APIClient, url: str) -> None:
    response: Any = admin.options(url)

    assert_handled(response)
    assert ("POST" if url in POSTS else "GET") in response["Allow"]


@pytest.mark.parametrize("value", QUERY_VALUES, ids=QUERY_VALUES.get)
@pytest.mark.parametrize("url", PARAMETERS)
def test_no_query_parameter_breaks_a_list(admin: APIClient, url: str, value: str) -> None:
    for name in PARAMETERS[url]:
        assert_handled(admin.get(url, QUERY_STRING=f"{name}={value.format(name)}"))
    assert_handled(admin.get(url, QUERY_STRING=value))


@pytest.mark.parametrize("value", HEADER_VALUES, ids=HEADER_VALUES.get)
@pytest.mark.parametrize("header", HEADERS)
def test_no_header_breaks_a_request(admin: APIClient, desk: Item, header: str, value: str) -> None:
    order = {"lines": [{"item": desk.pk, "quantity": 1}]}
    sent = {header: value}

    assert_handled(admin.get(f"/api/items/{desk.pk}/", headers=sent))
    assert_handled(admin.patch(f"/api/items/{desk.pk}/", {"price": "1"}, headers=sent))
    assert_handled(admin.post("/api/orders/", order, headers=sent))


@pytest.mark.parametrize("value", HEADER_VALUES, ids=HEADER_VALUES.get)
def test_no_token_breaks_signing_in(api_client: APIClient, db: None, value: str) -> None:
    sent = {"Authorization": f"Token {value}"}

    response: Any = api_client.get("/api/me/", headers=sent)

    assert_handled(response)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Token"


@pytest.mark.parametrize("number", [0, 2**63 - 1, 2**63, 2**64, 10**400], ids=str)
@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("get", "/api/items/{}/"),
        ("put", "/api/items/{}/"),
        ("delete", "/api/items/{}/"),
        ("get", "/api/orders/{}/"),
        ("post", "/api/orders/{}/cancel/"),
        ("post", "/api/orders/{}/fulfil/"),
    ],
)
def test_an_unknown_id_is_not_found(admin: APIClient, method: str, url: str, number: int) -> None:
    response: Any = admin.generic(method.upper(), url.format(number))

    assert_handled(response)
    assert response.status_code == 404


@pytest.mark.parametrize("text", FORM_VALUES, ids=lambda text: text[:10])
@pytest.mark.parametrize(
    ("url", "field"),
    [
        ("/api/items/", "sku"),
        ("/api/items/", "price"),
        ("/api/items/", "is_active"),
        ("/api/items/", "_organization"),
        ("/api/items/", "%00"),
        ("/api/orders/", "lines[0]item"),
        ("/api/orders/", "lines[99999999999999999999]item"),
        ("/api/auth/token/", "email"),
        ("/api/auth/token/", "password"),
        ("/api/auth/token/", "organization"),
    ],
)
def test_no_text_breaks_a_form(admin: APIClient, url: str, field: str, text: str) -> None:
    given = {"sku": "A", "description": "A", "price": "1", "email": "a@b.example", "password": "x"}
    form = "&".join(f"{name}={value}" for name, value in (given | {field: text}).items())

    response: Any = admin.post(url, form, content_type="application/x-www-form-urlencoded")

    assert_handled(response)


@pytest.mark.parametrize("url", ["/api/items/", "/api/orders/", "/api/auth/token/"])
@pytest.mark.parametrize(
    "content_type", ["application/json", "application/x-www-form-urlencoded", "application/x"]
)
def test_an_empty_body_is_rejected(admin: APIClient, url: str, content_type: str) -> None:
    response: Any = admin.generic("POST", url, "", content_type=content_type)

    assert_handled(response)
    assert response.status_code in (400, 415)


@pytest.mark.parametrize("content_type", ["text/plain", "nonsense", "a/b; c=\xff", "", "/"])
def test_endpoints_without_a_body_ignore_one(
    admin: APIClient, place: Place, carol: User, desk: Item, content_type: str
) -> None:
    order = place(carol, desk)

    response: Any = admin.generic(
        "POST", f"/api/orders/{order.pk}/cancel/", "\0{[", content_type=content_type
    )

    assert response.status_code == 200


def test_the_last_of_two_equal_keys_is_used(admin: APIClient) -> None:
    twice = '{"sku": "A", "sku": "B", "description": "Twice", "price": "1"}'

    response: Any = admin.post("/api/items/", twice, content_type="application/json")

    assert response.json()["sku"] == "B"


def test_json_with_a_byte_order_mark_is_rejected(admin: APIClient) -> None:
    marked = b'\xef\xbb\xbf{"sku": "A", "description": "Marked", "price": "1"}'

    response: Any = admin.post("/api/items/", marked, content_type="application/json")

    assert (response.status_code, response.json()["code"]) == (400, "parse_error")
