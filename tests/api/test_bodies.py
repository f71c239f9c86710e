"""Bodies over the limit are 413 before they are read."""

from contextlib import closing
from io import BytesIO
from typing import Any
from unittest.mock import Mock

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from rest_framework.test import APIClient

from shared_apps.core.bodies import BodyMiddleware, BoundedASGIHandler, BoundedWSGIHandler
from shared_apps.users.models import User
from tests.conftest import ClientOf

URLS = ("/api/items/", "/api/auth/token/", "/accounts/login/", "/admin/login/", "/api/nothing/")
TYPES = ("application/json", "application/x-www-form-urlencoded", "text/plain", "")
LIMIT = settings.MAX_BODY_SIZE


def assert_too_large(response: Any) -> None:
    assert response.status_code == 413
    assert response.json() == {
        "detail": "The request body is too large. Send less data in one request.",
        "code": "body_too_large",
    }
    assert response["X-Request-ID"]


@pytest.mark.parametrize("content_type", TYPES)
@pytest.mark.parametrize("url", URLS)
def test_a_body_over_the_limit_is_rejected(
    api_client: APIClient, db: None, url: str, content_type: str
) -> None:
    body = "a" * (LIMIT + 1)

    assert_too_large(api_client.generic("POST", url, body, content_type=content_type))


def test_a_body_at_the_limit_is_accepted(client_of: ClientOf, carol: User) -> None:
    filled = '{"sku": ' + " " * (LIMIT - 9) + "}"
    assert len(filled) == LIMIT

    response: Any = client_of(carol).generic(
        "POST", "/api/items/", filled, content_type="application/json"
    )

    assert response.json()["code"] == "parse_error"


def test_a_form_with_files_has_its_own_limit(api_client: APIClient, settings: Any) -> None:
    settings.MAX_UPLOAD_SIZE = LIMIT + 1
    form = "a" * (LIMIT + 2)

    response = api_client.generic(
        "POST", "/api/items/", form, content_type="multipart/form-data; boundary=x"
    )

    assert_too_large(response)


def test_the_text_in_a_form_with_files_has_a_limit(
    client_of: ClientOf, carol: User, settings: Any
) -> None:
    form = {"sku": "a" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE}

    response: Any = client_of(carol).post("/api/items/", form, format="multipart")

    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("size", ["", "-1", "1e9", "nonsense"])
def test_an_invalid_content_length_means_no_body(
    api_client: APIClient, db: None, size: str
) -> None:
    response: Any = api_client.generic(
        "POST", "/api/auth/token/", "{}", content_type="application/json", CONTENT_LENGTH=size
    )

    assert response.status_code == 400


def test_under_wsgi_the_rest_of_a_rejected_body_is_read(db: None) -> None:
    body = BytesIO(b"a" * (LIMIT + 1))
    length = {"CONTENT_LENGTH": str(LIMIT + 1), "wsgi.input": body}
    request = RequestFactory().post("/api/items/", content_type="application/json")

    with closing(BoundedWSGIHandler()(request.environ | length, Mock())) as response:
        assert response.status_code == 413

    assert body.read() == b""


@async_to_sync
async def received(*pieces: bytes) -> HttpRequest:
    """Return the ASGI request for a body without a length (`Transfer-Encoding: chunked`)."""
    left = list(pieces)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    body = await BoundedASGIHandler().read_body(receive)
    headers = [(b"content-type", b"multipart/form-data; boundary=x")]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers}
    request: HttpRequest = BoundedASGIHandler().create_request(scope, body)[0]
    return request


def test_under_asgi_a_body_without_a_length_has_the_same_limit() -> None:
    with closing(received(*[b"a" * 1_000_000] * 40)) as request:
        assert len(request.read()) == settings.MAX_UPLOAD_SIZE + 1
        assert BodyMiddleware(lambda _: HttpResponse())(request).status_code == 413


def test_under_asgi_a_body_without_a_length_is_read() -> None:
    with closing(received(b"a", b"", b"bc")) as request:
        assert (request.META["CONTENT_LENGTH"], request.read()) == ("3", b"abc")
