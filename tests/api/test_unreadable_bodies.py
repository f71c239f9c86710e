"""A body that the API cannot read is rejected; none makes the service fail."""

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from config.urls import (  # noqa: F401 (Django looks for them here)
    handler400,
    handler403,
    handler404,
    handler500,
)
from shared_apps.users.models import User
from tests.api.conftest import assert_error

JSON = "application/json"

# Every endpoint that reads a body.
BODIES = (
    "/api/auth/token/",
    "/api/items/",
    "/api/orders/",
)


@pytest.mark.parametrize("url", BODIES)
@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b"nonsense",
        b'{"sku": "a",}',
        b'{"sku": NaN}',
        b'{"sku": Infinity}',
        b"{'sku': 1}",
        b'\xff\xfe{"sku": 1}',
        b'{"sku": "\xe9"}',
        b'{"sku": "\xed\xa0\x80"}',
        b'{"sku": "a\0b"}',
        b"\0",
        b"[" * 100_000,
        b'{"a":' * 40_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"lines":' + b"[" * 3000 + b"]" * 3000 + b"}",
        b'{"price": ' + b"9" * 5000 + b"}",
        '{"sku": "\u00e9"}'.encode("utf-16"),
    ],
    ids=[
        "cut off",
        "empty",
        "not JSON",
        "a comma too many",
        "NaN",
        "Infinity",
        "single quotes",
        "a UTF-16 byte order mark",
        "Latin-1",
        "a surrogate in UTF-8",
        "a NUL byte",
        "only a NUL byte",
        "deep lists",
        "deep objects",
        "deep lists that end",
        "deep lists where lines belong",
        "a number of 5000 digits",
        "UTF-16",
    ],
)
def test_a_body_that_is_not_json_is_rejected(
    admin_client: APIClient, url: str, body: bytes
) -> None:
    response: Any = admin_client.post(url, body, content_type=JSON)

    if body == b"":
        assert response.status_code == 400
    else:
        assert_error(response)


@pytest.mark.parametrize("charset", ["utf-16", "base64", "rot13", "nonsense", "latin-1"])
def test_json_is_read_as_utf_8_with_any_charset_in_the_header(
    admin_client: APIClient, charset: str
) -> None:
    item = {"sku": "A", "description": "\u00c4pfel", "price": "1"}
    body = json.dumps(item, ensure_ascii=False).encode()

    response: Any = admin_client.post(
        "/api/items/", body, content_type=f"{JSON}; charset={charset}"
    )

    assert response.status_code == 201
    assert response.json()["description"] == "\u00c4pfel"


@pytest.mark.parametrize("url", BODIES)
@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/xml", "application/octet-stream", "nonsense", "text/html"],
)
def test_an_unknown_content_type_is_rejected(
    admin_client: APIClient, url: str, content_type: str
) -> None:
    response: Any = admin_client.post(url, b"{}", content_type=content_type)

    assert_error(response, 415)


@pytest.mark.parametrize("url", BODIES)
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"sku=1"),
        ("multipart/form-data; boundary=", b"--x"),
        ("multipart/form-data; boundary=\xc3\xa9", b"--x"),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense"),
    ],
    ids=["no boundary", "an empty boundary", "a boundary that is not ASCII", "no part"],
)
def test_a_broken_form_is_rejected(
    admin_client: APIClient, url: str, content_type: str, body: bytes
) -> None:
    response: Any = admin_client.post(url, body, content_type=content_type)

    assert response.status_code == 400, response.content
    assert response.json()


@pytest.mark.parametrize("url", ["/api/items/", "/api/auth/token/"])
def test_a_form_is_read_like_json(admin_client: APIClient, bob: User, url: str) -> None:
    form = {"sku": "A", "description": "A", "price": "1", "email": bob.email, "password": "x"}

    assert admin_client.post(url, form, format="multipart").status_code in (201, 400)
    assert_error(admin_client.post("/api/auth/token/", form, format="multipart"))
