"""A malformed form or query is 400, also with DEBUG.

Django's debug page would read the same form again and fail.
"""

from io import BytesIO
from typing import Any

import pytest
from django.test import RequestFactory
from pytest_django import Settings
from rest_framework.test import APIClient

from shared_apps.core.bodies import BoundedASGIHandler, BoundedWSGIHandler
from shared_apps.users.models import User
from tests.conftest import SessionOf

FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=x"
TOO_MANY = "&".join(f"field{number}=1" for number in range(2001))


def parts(number: int, name: str) -> str:
    part = f"--x\r\nContent-Disposition: form-data; {name}\r\n\r\n1\r\n"
    return "".join(part.format(number) for number in range(number)) + "--x--\r\n"


MALFORMED = {
    "2,001 fields": (FORM, TOO_MANY),
    "2,001 fields in parts": (PARTS, parts(2001, 'name="field{}"')),
    "101 files": (PARTS, parts(101, 'name="file{}"; filename="a"')),
    "no boundary": ("multipart/form-data", "x"),
    "another charset": (f"{FORM}; charset=utf-16", "a=1"),
    "an unknown charset": (f"{PARTS}; charset=hex", parts(1, 'name="a"')),
}


@pytest.fixture(params=[True, False], ids=["development", "production"])
def client(
    request: pytest.FixtureRequest, session_of: SessionOf, bob: User, settings: Settings
) -> APIClient:
    settings.DEBUG = request.param
    client = session_of(bob, csrf=True)
    client.raise_request_exception = False
    client.get("/accounts/login/")  # With the CSRF cookie, Django reads the form.
    return client


def assert_error(response: Any, status: int = 400) -> None:
    assert response.status_code == status, response.content[:500]
    assert response.json()


@pytest.mark.parametrize("kind", MALFORMED)
@pytest.mark.parametrize("url", ["/api/items/", "/api/auth/token/", "/accounts/login/"])
def test_a_malformed_form_is_400(client: APIClient, url: str, kind: str) -> None:
    content_type, body = MALFORMED[kind]

    assert_error(client.generic("POST", url, body, content_type=content_type))


@pytest.mark.parametrize("url", ["/api/items/", "/api/orders/priced/", "/admin/login/"])
def test_a_malformed_query_is_400(client: APIClient, url: str) -> None:
    assert_error(client.get(f"{url}?{TOO_MANY}"))


def test_a_body_that_is_too_large_is_413(client: APIClient, settings: Settings) -> None:
    settings.MAX_BODY_SIZE = 10

    response = client.post("/api/items/", {"sku": "a" * 20})

    assert_error(response, 413)


def test_invalid_utf_8_in_a_form_is_replaced(client: APIClient) -> None:
    response: Any = client.generic("POST", "/api/auth/token/", "email=%ff%zz%", content_type=FORM)

    assert response.json().keys() == {"password"}


CHARSETS = ["utf-8", "hex", "undefined", "punycode", "utf-16", "a\0"]


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("query", [TOO_MANY, "email=%41%ff"])
def test_a_query_is_read_with_any_charset(db: None, charset: str, query: str) -> None:
    """Django would decode it with the charset before any middleware handles exceptions."""
    request = RequestFactory().post("/api/auth/token/", b"{}", content_type="application/json")
    environ = {**request.environ, "QUERY_STRING": query}
    environ["CONTENT_TYPE"] += f"; charset={charset}"

    response = BoundedWSGIHandler()(environ, lambda *_: lambda _: None)
    response.close()

    assert response.status_code == 400


@pytest.mark.parametrize("charset", CHARSETS)
def test_under_asgi_a_query_is_read_with_any_charset(charset: str) -> None:
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": TOO_MANY.encode(),
        "headers": [(b"content-type", f"text/plain; charset={charset}".encode())],
    }

    request, _ = BoundedASGIHandler().create_request(scope, BytesIO())

    assert request.path == "/"
