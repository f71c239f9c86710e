"""An unknown path outside of /api/ is 404 for all visitors."""

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from rest_framework.test import APIClient

from shared_apps.users.models import User
from tests.conftest import SessionOf

UNKNOWN = ("/nothing-here/", "/nothing-here", "/apis/", "/wp-login.php", "/media/x", "/%ff%00/")


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [path("", include("config.urls")), path("page/", page)]


@pytest.mark.parametrize("url", UNKNOWN)
@pytest.mark.parametrize("method", ["get", "head", "post", "delete", "options"])
def test_an_unknown_path_is_404(db: None, method: str, url: str) -> None:
    client = APIClient(enforce_csrf_checks=True)

    assert getattr(client, method)(url).status_code == 404


@pytest.mark.parametrize("person", ["bob", "stella", "nora"])
def test_an_unknown_path_is_404_for_a_signed_in_user(
    session_of: SessionOf, request: pytest.FixtureRequest, person: str
) -> None:
    client = session_of(request.getfixturevalue(person))

    response: Any = client.get(
        "/nothing-here/", headers={"X-Organization": "elsewhere", "Accept": "text/html"}
    )

    assert response.status_code == 404
    assert "There is nothing at this address. Check the URL." in response.text


@pytest.mark.parametrize("url", ["/api/nothing-here/", "/api/nothing-here"])
def test_an_unknown_path_below_the_api_is_401_before_404(
    api_client: APIClient, db: None, url: str
) -> None:
    assert api_client.get(url).status_code == 401


@pytest.mark.parametrize("url", ["/page", "/api", "/admin", "/accounts/login"])
@pytest.mark.urls(__name__)
def test_a_missing_slash_is_added_before_the_sign_in(
    api_client: APIClient, db: None, url: str
) -> None:
    response = api_client.get(f"{url}?page=2")

    assert (response.status_code, response["Location"]) == (301, f"{url}/?page=2")


@pytest.mark.urls(__name__)
def test_a_page_that_exists_asks_for_a_sign_in_and_needs_an_organization(
    api_client: APIClient, session_of: SessionOf, bob: User, nora: User
) -> None:
    statuses = [client.get("/page/").status_code for client in (api_client, session_of(nora))]

    assert [*statuses, session_of(bob).get("/page/").status_code] == [302, 403, 200]


@pytest.mark.parametrize(
    ("url", "kind"), [("/favicon.ico", "image/x-icon"), ("/robots.txt", "text/plain")]
)
@pytest.mark.parametrize("method", ["get", "head"])
def test_favicon_and_robots_txt_exist(db: None, method: str, url: str, kind: str) -> None:
    response = getattr(APIClient(), method)(url)
    body = b"".join(response)

    assert response.status_code == 200
    assert response["Content-Type"].partition(";")[0] in {kind, "image/vnd.microsoft.icon"}
    assert bool(body) == (method == "get")
