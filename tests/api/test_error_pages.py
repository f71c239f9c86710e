"""A browser gets a page for each error."""

from http import HTTPStatus
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path
from rest_framework.test import APIClient

from config.urls import (  # noqa: F401 (Django looks for them here)
    handler400,
    handler403,
    handler404,
    handler500,
)
from shared_apps.core.errors import DomainError
from shared_apps.core.pages import error_response


def fail_with(request: HttpRequest, status: int) -> HttpResponse:
    errors: dict[int, Exception] = {
        400: SuspiciousOperation(),
        403: PermissionDenied(),
        404: Http404(),
        500: RuntimeError(),
    }
    if status in errors:
        raise errors[status]
    return error_response(request, DomainError("x", "No.", HTTPStatus(status)))


urlpatterns = [
    path("", include("config.urls")),
    path("accounts/fail/<int:status>", fail_with),
]

ERROR_PAGES = {
    400: "The form is malformed.",
    403: "You do not have permission",
    404: "Page not found",
    409: "Reload this page",
    500: "We have logged the error.",
    503: "Try again</a>",
}


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("status", ERROR_PAGES)
def test_each_status_has_its_own_page_with_the_site_s_style(db: None, status: int) -> None:
    client = APIClient(raise_request_exception=False)

    response: Any = client.get(f"/accounts/fail/{status}", headers={"Accept": "text/html"})

    assert response.status_code == status
    assert [s for s, words in ERROR_PAGES.items() if words in response.text] == [status]
    assert "tenantry/site.css" in response.text


@pytest.mark.parametrize(
    ("url", "status", "words"),
    [
        ("/api/items/", 401, "You are not signed in."),
        ("/api/nothing-here/", 401, "You are not signed in."),
    ],
)
def test_a_visitor_who_is_not_signed_in_gets_a_page(
    api_client: APIClient, db: None, url: str, status: int, words: str
) -> None:
    response: Any = api_client.get(url, headers={"Accept": "text/html"})

    assert response.status_code == status
    assert response["Content-Type"].startswith("text/html")
    assert words in response.text
    assert f"/accounts/login/?next={url}" in response.text
