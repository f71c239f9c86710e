"""Errors of the API are {"detail", "code"}."""

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from rest_framework.test import APIClient

from config.urls import (  # noqa: F401 (Django looks for them here)
    handler400,
    handler403,
    handler404,
    handler500,
)
from shared_apps.users.models import User
from tests.api.conftest import assert_error
from tests.conftest import ClientOf, SessionOf


def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("secret of the server")


urlpatterns = [
    path("", include("config.urls")),
    path("accounts/fail", fail),
]


@pytest.mark.parametrize("accept", ["application/xml", "text/csv", "image/png"])
def test_an_unknown_response_type_is_rejected(admin_client: APIClient, accept: str) -> None:
    assert_error(admin_client.get("/api/items/", headers={"Accept": accept}), 406)


def test_an_unknown_format_is_not_found(admin_client: APIClient) -> None:
    assert_error(admin_client.get("/api/items/?format=xml"), 404)


@pytest.mark.parametrize(
    "url", ["/api/nothing/", "/api/items/1/2/", "/api/orders/1/refund/", "/api/v2/", "/api/%00"]
)
@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_an_unknown_path_is_not_found(admin_client: APIClient, url: str, method: str) -> None:
    assert_error(getattr(admin_client, method)(url), 404)


def test_an_unknown_path_outside_the_api_is_not_found(session_of: SessionOf, bob: User) -> None:
    assert_error(session_of(bob).get("/nothing-here/"), 404)


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("get", "/api/auth/token/"),
        ("get", "/api/auth/logout/"),
        ("get", "/api/me/organization/"),
        ("post", "/api/me/"),
        ("delete", "/api/items/"),
        ("put", "/api/orders/"),
        ("post", "/api/orders/priced/"),
        ("trace", "/api/items/"),
    ],
)
def test_a_method_that_an_endpoint_lacks_is_405(
    admin_client: APIClient, method: str, url: str
) -> None:
    response = admin_client.generic(method.upper(), url)

    assert_error(response, 405)
    assert response["Allow"]


def test_a_post_without_the_last_slash_is_404_and_not_a_csrf_error(
    client_of: ClientOf, bob: User
) -> None:
    client = client_of(bob)
    client.handler.enforce_csrf_checks = True

    assert_error(client.post("/api/items", {}), 404)


@pytest.mark.urls(__name__)
def test_a_server_error_shows_no_details_of_the_server(db: None) -> None:
    client = APIClient(raise_request_exception=False)

    response: Any = client.get("/accounts/fail")

    assert_error(response, 500)
    assert "secret" not in response.text
    assert response["X-Request-ID"]
