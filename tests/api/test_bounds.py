"""Long input is cut or rejected before the service spends time on it."""

import unicodedata
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from shared_apps.access.principal import principal_of_token
from shared_apps.core.bodies import BoundedASGIHandler, BoundedWSGIHandler
from shared_apps.core.headers import MAX_HEADER
from shared_apps.users.models import User
from tests.conftest import ClientOf

MARKS = "a" + "\u0315" * 15_000 + "\u0300" * 15_000
"""unicodedata.normalize takes quadratic time for this."""

Send = Callable[[APIClient], Any]


@pytest.fixture
def normalized(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The length of the text in each call of normalize."""
    lengths: list[int] = []
    normalize = unicodedata.normalize

    def counting(form: Any, text: str) -> str:
        lengths.append(len(text))
        return normalize(form, text)

    monkeypatch.setattr(unicodedata, "normalize", counting)
    return lengths


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The length of each hashed password."""
    lengths: list[int] = []
    encode = MD5PasswordHasher.encode

    def counting(self: MD5PasswordHasher, password: str, *args: Any) -> str:
        lengths.append(len(password))
        return encode(self, password, *args)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counting)
    return lengths


def token(**fields: str) -> Send:
    body = {"email": "a@b.example", "password": "x", **fields}
    return lambda client: client.post("/api/auth/token/", body)


def page(url: str = "/accounts/login/", **fields: str) -> Send:
    body = {"username": "a@b.example", "password": "x", **fields}
    return lambda client: client.post(url, body, format="multipart")


def query(url: str, name: str) -> Send:
    return lambda client: client.get(url, {name: MARKS})


ANONYMOUS: dict[str, Send] = {
    "token: email": token(email=MARKS),
    "token: password": token(password=MARKS),
    "token: organization": token(organization=MARKS),
    "sign-in: username": page(username=MARKS),
    "sign-in: password": page(password=MARKS),
    "sign-in: next": page(next=f"//{MARKS}"),
    "sign-out: next": page("/accounts/logout/", next=f"//{MARKS}"),
    "switch: organization": page("/accounts/organization/", organization=MARKS, next=f"//{MARKS}"),
    "page: next": query("/accounts/login/", "next"),
    "admin: next": query("/admin/login/", "next"),
    "schema: version": query("/api/schema/", "version"),
    "schema: lang": query("/api/schema/", "lang"),
    "docs: version": query("/api/docs/", "version"),
}
MEMBERS: dict[str, Send] = {
    **{
        f"items: {name}": query("/api/items/", name)
        for name in ("search", "ordering", "page", "page_size", "sku", "price_min", "is_active")
    },
    **{f"orders: {name}": query("/api/orders/", name) for name in ("search", "placed_after")},
    **{
        f"item: {name}": lambda client, name=name: client.post("/api/items/", {name: MARKS})  # type: ignore[misc]
        for name in ("sku", "description", "price")
    },
}


@pytest.mark.parametrize("send", ANONYMOUS.values(), ids=ANONYMOUS)
def test_anonymous_requests_process_only_short_text(
    api_client: APIClient, db: None, normalized: list[int], hashed: list[int], send: Send
) -> None:
    assert send(api_client).status_code < 500

    assert max(normalized, default=0) <= 300
    assert max(hashed, default=0) <= 4_096


@pytest.mark.parametrize("send", MEMBERS.values(), ids=MEMBERS)
def test_requests_of_members_process_only_short_text(
    client_of: ClientOf, carol: User, normalized: list[int], send: Send
) -> None:
    assert send(client_of(carol)).status_code < 500

    assert max(normalized, default=0) <= 300


@pytest.mark.parametrize(
    ("email", "password"), [("a" * 255, "x"), ("alice@acme.example", "x" * 4_097)]
)
def test_too_long_credentials_are_rejected_without_a_query_or_a_hash(
    api_client: APIClient, alice: User, hashed: list[int], email: str, password: str
) -> None:
    with CaptureQueriesContext(connection) as captured:
        response = token(email=email, password=password)(api_client)

    assert response.json()["code"] == "invalid_credentials"
    assert not [query for query in captured if "tenantry_users_user" in query["sql"]]
    assert hashed == []


def test_a_too_long_token_is_rejected_without_a_query(
    api_client: APIClient, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared_apps.access.credentials.principal_of_token", None)

    response = api_client.get("/api/me/", headers={"Authorization": f"Token {'x' * 65}"})

    assert response.status_code == 401
    assert principal_of_token("x" * 64) is None


@pytest.mark.parametrize("url", ["/api/auth/token/", "/accounts/login/", "/accounts/logout/"])
@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x"])
def test_anonymous_endpoints_accept_only_small_bodies(
    api_client: APIClient, db: None, url: str, content_type: str
) -> None:
    sent: Any = api_client.generic("POST", url, "[" + "1.5," * 131_072, content_type=content_type)

    assert (sent.status_code, sent.json()["code"]) == (413, "body_too_large")


HEADERS = ("Accept", "Accept-Encoding", "Cookie", "If-None-Match", "Range", "X-Forwarded-For")


@pytest.mark.parametrize("header", [*HEADERS, "Content-Type"])
@pytest.mark.parametrize("url", ["/api/items/", "/accounts/login/", "/static/tenantry/icon.svg"])
def test_a_too_long_header_is_rejected_before_it_is_parsed(
    api_client: APIClient, db: None, url: str, header: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django.http.request.MediaType", None)  # Parsing Accept would fail.

    response: Any = api_client.get(url, headers={header: "a," * MAX_HEADER})

    assert (response.status_code, response.json()["code"]) == (431, "header_too_large")
    assert response["X-Request-ID"]


def test_a_header_at_the_limit_is_accepted(api_client: APIClient) -> None:
    assert api_client.get("/", headers={"Cookie": "a" * MAX_HEADER}).status_code == 200


@pytest.mark.parametrize("kind", ["wsgi", "asgi"])
def test_a_too_long_content_type_is_ignored_before_the_middleware(kind: str) -> None:
    length = MAX_HEADER + 1
    request: Any
    if kind == "wsgi":
        environ = {"REQUEST_METHOD": "POST", "wsgi.input": BytesIO(), "CONTENT_TYPE": ";" * length}
        request = BoundedWSGIHandler.request_class(environ)
    else:
        headers = [(b"content-type", b";" * length)]
        scope = {"type": "http", "method": "POST", "path": "/", "headers": headers}
        request = BoundedASGIHandler.request_class(scope, BytesIO())

    assert (request.content_type, request.content_params) == ("", {})


@pytest.mark.parametrize("length", ["9" * 5_000, "9" * 20])
def test_a_content_length_of_thousands_of_digits_is_too_large(
    api_client: APIClient, db: None, length: str
) -> None:
    response: Any = api_client.generic("POST", "/api/auth/token/", "{}", CONTENT_LENGTH=length)

    assert response.status_code == 413


def test_a_form_field_with_an_index_of_thousands_of_digits_is_rejected(
    client_of: ClientOf, carol: User
) -> None:
    form = f"lines[{'9' * 5_000}]item=1"

    sent: Any = client_of(carol).post(
        "/api/orders/", form, content_type="application/x-www-form-urlencoded"
    )

    assert (sent.status_code, sent.json()["code"]) == (400, "parse_error")


def test_repeated_fields_of_an_ordering_reach_the_sql_once(
    client_of: ClientOf, carol: User
) -> None:
    client = client_of(carol)

    with CaptureQueriesContext(connection) as captured:
        response = client.get("/api/items/", {"ordering": "price,-sku," * 1_000})

    assert response.status_code == 200
    assert captured[-1]["sql"].count(" DESC") == 1


def test_a_too_long_search_is_rejected(client_of: ClientOf, carol: User) -> None:
    response = client_of(carol).get("/api/items/", {"search": "x" * 1_001})

    assert response.json() == {"search": ["Search for at most 1,000 characters."]}


def test_the_openapi_document_ignores_the_version_parameter(api_client: APIClient) -> None:
    plain, asked = (api_client.get("/api/schema/", query) for query in ({}, {"version": "a\nb"}))

    assert plain.content == asked.content
    assert plain["Content-Disposition"] == asked["Content-Disposition"]
