"""Security headers and cookies of responses."""

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
def test_every_response_has_the_security_headers(client: Client, db: None, url: str) -> None:
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
def test_the_policy_of_json_allows_nothing(
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
def test_responses_other_than_html_allow_nothing_unless_the_view_sets_a_policy(
    rf: RequestFactory, content_type: str | None, own: str | None, sent: dict[str, set[str]]
) -> None:
    response = HttpResponse(content_type=content_type)
    if content_type is None:
        del response["Content-Type"]
    if own:
        response["Content-Security-Policy"] = own

    assert policy(PolicyMiddleware(lambda _: response)(rf.get("/"))) == sent


@pytest.mark.parametrize("url", ["/", "/api/me/", "/api/items/", "/api/nothing/", "/admin/"])
def test_responses_are_not_cached(
    session_of: SessionOf, api_client: APIClient, alice: User, url: str
) -> None:
    for client in (session_of(alice), api_client):
        assert "no-store" in client.get(url)["Cache-Control"]


def test_only_the_admin_allows_unsafe_eval(session_of: SessionOf, stella: User) -> None:
    """Its Alpine.js needs it; inline scripts are still blocked."""
    staff = session_of(stella)

    assert policy(staff.get("/admin/"))["script-src"] == {"'self'", "'unsafe-eval'"}
    assert "script-src" not in policy(staff.get("/api/docs/", headers=HTML))


@pytest.mark.parametrize("url", ["/", "/accounts/login/", "/members/", "/me/", "/nothing/"])
def test_members_pages_allow_no_inline_styles(session_of: SessionOf, alice: User, url: str) -> None:
    response = session_of(alice).get(url, headers=HTML)

    assert "style-src" not in policy(response)  # So it is the default: files of this host.
    assert " style=" not in response.text
    assert "<style" not in response.text


@pytest.mark.parametrize("url", ["/api/docs/", "/api/items/", "/admin/"])
def test_pages_of_other_projects_allow_inline_styles(
    session_of: SessionOf, alice: User, stella: User, url: str
) -> None:
    caller = stella if url == "/admin/" else alice

    styles = policy(session_of(caller).get(url, headers=HTML))["style-src"]

    assert styles == {"'self'", "'unsafe-inline'"}


@pytest.mark.parametrize("url", ["/", "/accounts/login/", "/api/docs/"])
def test_pages_have_no_inline_scripts(client: Client, db: None, url: str) -> None:
    response: Any = client.get(url, headers=HTML)

    assert "<script>" not in response.text
    assert " onclick=" not in response.text


def test_hsts_lasts_a_year(client: Client, settings: Settings) -> None:
    response: Any = client.get("/", secure=True)

    assert response["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"


@pytest.fixture
def cookies(api_client: APIClient, alice: User) -> dict[str, Morsel[str]]:
    """The cookies of a sign-in."""
    api_client.get("/accounts/login/")
    api_client.post(
        "/accounts/login/", {"username": alice.email, "password": PASSWORD}, "multipart"
    )
    return dict(api_client.cookies)


def test_cookies_are_sent_only_over_tls_and_only_to_this_host(
    cookies: dict[str, Morsel[str]],
) -> None:
    assert cookies.keys() == {"__Host-sessionid", "__Host-csrftoken", "__Host-device"}
    for cookie in cookies.values():
        assert cookie["secure"]
        assert (cookie["path"], cookie["domain"]) == ("/", "")
        assert cookie["samesite"] == "Lax"


def test_anonymous_page_views_create_no_session(client: Client, db: None) -> None:
    for url in ("/", "/accounts/login/", "/admin/login/", "/api/docs/"):
        client.get(url, headers=HTML)

    assert not {name for name in client.cookies if "session" in name or "messages" in name}


def test_scripts_cannot_read_the_session_cookie(cookies: dict[str, Morsel[str]]) -> None:
    assert cookies["__Host-sessionid"]["httponly"]
