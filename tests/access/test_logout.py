"""POST /api/auth/logout/ ends the token or the session of the request."""

from django.conf import settings
from rest_framework.test import APIClient

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tests.conftest import ClientOf, SessionOf

URL = "/api/auth/logout/"


def test_a_token_fails_with_the_next_request(client_of: ClientOf, bob: User) -> None:
    client = client_of(bob)

    response = client.post(URL)

    assert response.status_code == 204
    assert response.content == b""
    assert client.get("/api/me/").status_code == 401


def test_other_tokens_of_the_user_still_work(client_of: ClientOf, bob: User) -> None:
    phone, laptop = client_of(bob), client_of(bob)

    phone.post(URL)

    assert laptop.get("/api/me/").status_code == 200


def test_a_session_fails_with_the_next_request(session_of: SessionOf, bob: User) -> None:
    client = session_of(bob)

    assert client.post(URL).status_code == 204
    assert client.get("/api/me/").status_code == 401


def test_a_copied_session_cookie_fails_after_the_sign_out(session_of: SessionOf, bob: User) -> None:
    client = session_of(bob)
    thief = APIClient()
    cookie = settings.SESSION_COOKIE_NAME
    thief.cookies[cookie] = client.cookies[cookie].value

    client.post(URL)

    assert thief.get("/api/me/").status_code == 401


def test_only_the_token_ends_when_a_session_is_sent_too(
    client_of: ClientOf, session_of: SessionOf, bob: User
) -> None:
    browser = session_of(bob)
    token = client_of(bob)
    token.cookies = browser.cookies

    token.post(URL)

    assert browser.get("/api/me/").status_code == 200
    assert token.get("/api/me/").status_code == 401


def test_another_site_cannot_sign_a_user_out(session_of: SessionOf, bob: User) -> None:
    client = session_of(bob, csrf=True)

    response = client.post(URL)

    assert response.status_code == 403
    assert response.json()["code"] == "csrf_failed"
    assert client.get("/api/me/").status_code == 200


def test_a_sign_out_works_in_an_unusable_organization(
    client_of: ClientOf, bob: User, acme: Organization
) -> None:
    client = client_of(bob)
    Organization.objects.filter(pk=acme.pk).update(status="suspended")

    response = client.post(URL, headers={"X-Organization": "globex"})

    assert response.status_code == 204
    assert client.get("/api/me/").status_code == 401


def test_a_visitor_who_is_not_signed_in_gets_401(api_client: APIClient, db: None) -> None:
    response = api_client.post(URL)

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Token"
