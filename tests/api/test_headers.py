"""What each answer tells browsers to refuse, and what its cookies are kept from."""

from http.cookies import Morsel
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings
from rest_framework.test import APIClient

from shared_apps.core.csp import PolicyMiddleware
from shared_apps.testing import PASSWORD
from shared_apps.users.models import User
from tests.conftest import SessionOf

NOTHING = {"default-src": {"'none'"}, "frame-ancestors": {"'none'"}}
PAGES = ("/", "/accounts/login/", "/api/docs/", "/api/items/", "/nothing/", "/static/none.css")
HTML = {"Accept": "text/html"}


def policy(response: Any) -> dict[str, set[str]]:
    """Return the directives of the Content-Security-Policy."""
    parts = (part.split() for part in response["Content-Security-Policy"].split(";"))
    return {name: set(sources) for name, *sources in parts}


@pytest.mark.parametrize("url", PAGES)
def test_every_answer_is_guarded(client: Client, db: None, url: str) -> None:
    response: Any = client.get(url, headers=HTML)

    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    found = policy(response)
    assert found["default-src"] == {"'self'"}
    assert "script-src" not in found  # So it is the default.
    assert found["object-src"] == found["base-uri"] == found["frame-ancestors"] == {"'none'"}
    assert found["form-action"] == {"'self'"}


@pytest.mark.parametrize("url", ["/api/items/", "/api/me/", "/api/schema/", "/api/nothing/"])
def test_json_may_load_nothing_where_a_browser_shows_it(
    session_of: SessionOf, api_client: APIClient, alice: User, url: str
) -> None:
    for client in (session_of(alice), api_client):
        response = client.get(url)

        assert not response["Content-Type"].startswith("text/html")
        assert policy(response) == NOTHING


@pytest.mark.parametrize(
    ("content_type", "own", "sent"),
    [
        ("application/xhtml+xml", None, NOTHING),
        ("image/svg+xml", None, NOTHING),
        (None, None, NOTHING),
        ("application/pdf", "default-src data:", {"default-src": {"data:"}}),
        ("text/html", "default-src data:", {"default-src": {"data:"}}),
    ],
)
def test_what_is_no_page_may_load_nothing_unless_the_view_says_what(
    rf: RequestFactory, content_type: str | None, own: str | None, sent: dict[str, set[str]]
) -> None:
    answer = HttpResponse(content_type=content_type)
    if content_type is None:
        del answer["Content-Type"]
    if own:
        answer["Content-Security-Policy"] = own

    assert policy(PolicyMiddleware(lambda _: answer)(rf.get("/"))) == sent


@pytest.mark.parametrize("url", ["/", "/api/me/", "/api/items/", "/api/nothing/", "/admin/"])
def test_no_proxy_or_browser_keeps_an_answer_for_the_next_one(
    session_of: SessionOf, api_client: APIClient, alice: User, url: str
) -> None:
    for client in (session_of(alice), api_client):
        assert "no-store" in client.get(url)["Cache-Control"]


def test_only_the_admin_may_make_functions_of_text(session_of: SessionOf, stella: User) -> None:
    """Its Alpine.js does; scripts inside of HTML are refused there too."""
    staff = session_of(stella)

    assert policy(staff.get("/admin/"))["script-src"] == {"'self'", "'unsafe-eval'"}
    assert "script-src" not in policy(staff.get("/api/docs/", headers=HTML))


@pytest.mark.parametrize("url", ["/", "/accounts/login/", "/api/docs/"])
def test_no_page_has_a_script_inside_that_the_policy_would_refuse(
    client: Client, db: None, url: str
) -> None:
    response: Any = client.get(url, headers=HTML)

    assert "<script>" not in response.text
    assert " onclick=" not in response.text


def test_browsers_insist_on_tls_for_a_year(client: Client, settings: Settings) -> None:
    response: Any = client.get("/", secure=True)

    assert response["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"


@pytest.fixture
def cookies(api_client: APIClient, alice: User) -> dict[str, Morsel[str]]:
    """What a sign-in leaves in a browser."""
    api_client.get("/accounts/login/")
    api_client.post(
        "/accounts/login/", {"username": alice.email, "password": PASSWORD}, "multipart"
    )
    return dict(api_client.cookies)


def test_cookies_go_over_tls_alone_to_this_host_alone(cookies: dict[str, Morsel[str]]) -> None:
    assert cookies.keys() == {"__Host-sessionid", "__Host-csrftoken"}
    for cookie in cookies.values():
        assert cookie["secure"]
        assert (cookie["path"], cookie["domain"]) == ("/", "")
        assert cookie["samesite"] == "Lax"


def test_whoever_only_looks_gets_no_session(client: Client, db: None) -> None:
    for url in ("/", "/accounts/login/", "/admin/login/", "/api/docs/"):
        client.get(url, headers=HTML)

    assert not {name for name in client.cookies if "session" in name or "messages" in name}


def test_no_script_reads_the_session(cookies: dict[str, Morsel[str]]) -> None:
    assert cookies["__Host-sessionid"]["httponly"]
