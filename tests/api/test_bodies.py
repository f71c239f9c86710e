"""How much a request may bring: more is 413 before anything of it is read."""

import json
from tempfile import SpooledTemporaryFile
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from rest_framework.test import APIClient

from config.asgi import application
from shared_apps.users.models import User
from tests.conftest import ClientOf

URLS = ("/api/items/", "/api/orders/", "/api/auth/token/", "/accounts/login/", "/api/nothing/")
TYPES = ("application/json", "application/x-www-form-urlencoded", "text/plain", "")
LIMIT = settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def assert_too_large(response: Any) -> None:
    assert response.status_code == 413
    assert response.json() == {"detail": "The body is too large.", "code": "body_too_large"}
    assert response["X-Request-ID"]


@pytest.mark.parametrize("content_type", TYPES)
@pytest.mark.parametrize("url", URLS)
def test_a_body_past_the_limit_is_refused(
    api_client: APIClient, db: None, url: str, content_type: str
) -> None:
    body = "a" * (LIMIT + 1)

    assert_too_large(api_client.generic("POST", url, body, content_type=content_type))


def test_a_body_at_the_limit_is_read(client_of: ClientOf, carol: User) -> None:
    filled = '{"sku": ' + " " * (LIMIT - 9) + "}"
    assert len(filled) == LIMIT

    response: Any = client_of(carol).generic(
        "POST", "/api/items/", filled, content_type="application/json"
    )

    assert response.json()["code"] == "parse_error"


def test_a_form_with_files_has_a_limit_of_its_own(api_client: APIClient, settings: Any) -> None:
    settings.MAX_UPLOAD_SIZE = LIMIT + 1
    form = "a" * (LIMIT + 2)

    response = api_client.generic(
        "POST", "/api/auth/token/", form, content_type="multipart/form-data; boundary=x"
    )

    assert_too_large(response)


def test_the_text_of_a_form_with_files_counts_as_a_body(api_client: APIClient, db: None) -> None:
    form = {"email": "a" * LIMIT, "password": "b" * LIMIT}

    response: Any = api_client.post("/api/auth/token/", form, format="multipart")

    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("size", ["", "-1", "1e9", "nonsense"])
def test_a_length_that_is_none_is_no_body(api_client: APIClient, db: None, size: str) -> None:
    response: Any = api_client.generic(
        "POST", "/api/auth/token/", "{}", content_type="application/json", CONTENT_LENGTH=size
    )

    assert response.status_code == 400


@async_to_sync
async def post_in_pieces(*pieces: bytes, content_type: bytes = b"application/json") -> Any:
    """Send a body under ASGI without its length, as `Transfer-Encoding: chunked` does."""
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/auth/token/",
        "query_string": b"",
        "headers": [(b"host", b"testserver"), (b"content-type", content_type)],
    }
    communicator = ApplicationCommunicator(application, scope)
    for number, piece in enumerate(pieces, start=1):
        more = number < len(pieces)
        await communicator.send_input({"type": "http.request", "body": piece, "more_body": more})
    start = await communicator.receive_output(timeout=10)
    body = await communicator.receive_output(timeout=10)
    await communicator.wait(timeout=10)
    return start["status"], json.loads(body["body"])


def test_under_asgi_a_body_without_its_length_is_bounded_as_well(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    write = SpooledTemporaryFile.write
    monkeypatch.setattr(
        SpooledTemporaryFile,
        "write",
        lambda self, data: written.append(len(data)) or write(self, data),
    )
    piece = b" " * 1_000_000

    for content_type in (b"application/json", b"multipart/form-data; boundary=x"):
        status, body = post_in_pieces(*[piece] * 40, content_type=content_type)

        assert (status, body["code"]) == (413, "body_too_large")
    assert sum(written) == 2 * (settings.MAX_UPLOAD_SIZE + 1)


def test_under_asgi_a_body_without_its_length_is_read(bob: User) -> None:
    status, body = post_in_pieces(b'{"email": "nobody@acme.', b'example", "password": "x"}')

    assert (status, body["code"]) == (400, "invalid_credentials")
