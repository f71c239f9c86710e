"""The caller comes from the token in the header, else from the browser session."""

from datetime import timedelta
from typing import ClassVar

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.utils import timezone
from rest_framework.test import APIClient

from shared_apps.organizations.models import Membership, Organization
from shared_apps.testing import PASSWORD
from shared_apps.users.models import ApiToken, User
from tests.conftest import ClientOf, SessionOf

PUBLIC = ("/api/schema/", "/api/docs/")
OTHERS = ("/api/me/", "/api/items/", "/api/orders/priced/", "/api/nothing-here/")


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [path("", include("config.urls")), path("page/", page)]


def issue(user: User) -> str:
    assert user.organization is not None
    return ApiToken.objects.issue(user=user, organization=user.organization)[1]


@pytest.mark.parametrize("scheme", ["Token", "token", "TOKEN"])
def test_a_token_identifies_the_caller(bob: User, scheme: str) -> None:
    client = APIClient(headers={"Authorization": f"{scheme} {issue(bob)}"})

    assert client.get("/api/me/").json()["name"] == "Bob"


def test_a_session_identifies_the_caller(session_of: SessionOf, bob: User) -> None:
    assert session_of(bob).get("/api/me/").json()["name"] == "Bob"


def test_a_token_comes_before_a_session(session_of: SessionOf, bob: User, carol: User) -> None:
    response = session_of(bob).get("/api/me/", headers={"Authorization": f"Token {issue(carol)}"})

    assert response.json()["name"] == "Carol"


@pytest.mark.parametrize("url", [*PUBLIC, *OTHERS])
@pytest.mark.parametrize(
    "header",
    [
        "Token nonsense",
        "Token",
        "Token ",
        "token x y",
        "Token\tx",
        "Token \u00e9",
        "Token " + "x" * 5000,
    ],
    ids=["unknown", "empty", "blank", "two words", "tab", "not ASCII", "long"],
)
def test_an_invalid_token_is_401_even_with_a_valid_session(
    session_of: SessionOf, bob: User, url: str, header: str
) -> None:
    response = session_of(bob).get(url, headers={"Authorization": header})

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Token"
    assert response.json()["code"] == "invalid_token"


@pytest.mark.parametrize(
    "header",
    ["", "Bearer x", "Basic Ym9iOnB3", "Digest", "Tokens x", "x"],
    ids=["empty", "bearer", "basic", "digest", "a longer word", "nonsense"],
)
def test_other_schemes_are_ignored(session_of: SessionOf, bob: User, header: str) -> None:
    response = session_of(bob).get("/api/me/", headers={"Authorization": header})

    assert response.json()["name"] == "Bob"


@pytest.mark.parametrize("header", ["Token nonsense", "Token"])
@pytest.mark.parametrize("url", ["/", "/healthz", "/readyz", "/accounts/login/"])
def test_the_header_is_ignored_outside_of_the_api(db: None, url: str, header: str) -> None:
    assert APIClient().get(url, headers={"Authorization": header}).status_code == 200


@pytest.mark.urls(__name__)
def test_tokens_are_ignored_outside_of_the_api(session_of: SessionOf, bob: User) -> None:
    url = "/page/"

    response = APIClient().get(url, headers={"Authorization": f"Token {issue(bob)}"})
    beside_a_session = session_of(bob).get(url, headers={"Authorization": "Token nonsense"})

    assert (response.status_code, beside_a_session.status_code) == (302, 200)


def test_a_token_does_not_open_the_admin(client_of: ClientOf, stella: User, acme: object) -> None:
    client = client_of(stella, acme)  # type: ignore[arg-type]

    assert client.get("/admin/").status_code == 302


def test_an_expired_token_is_401(client_of: ClientOf, bob: User) -> None:
    client = client_of(bob)
    ApiToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))

    response = client.get("/api/items/")

    assert response.status_code == 401
    assert response.json()["code"] == "invalid_token"


def test_a_revoked_token_is_401_with_the_next_request(client_of: ClientOf, bob: User) -> None:
    client = client_of(bob)
    assert client.get("/api/items/").status_code == 200

    ApiToken.objects.all().delete()

    assert client.get("/api/items/").status_code == 401


@pytest.mark.parametrize("url", OTHERS)
def test_token_and_session_of_a_deactivated_user_are_401(
    client_of: ClientOf, session_of: SessionOf, bob: User, url: str
) -> None:
    token, browser = client_of(bob), session_of(bob)
    assert token.get("/api/me/").status_code == browser.get("/api/me/").status_code == 200

    User.objects.filter(pk=bob.pk).update(is_active=False)

    assert token.get(url).status_code == 401
    assert browser.get(url).status_code == 401


@pytest.mark.parametrize(
    ("signed_in", "code"), [("client_of", "not_a_member"), ("session_of", "no_organization")]
)
def test_a_removed_member_is_403_with_the_next_request(
    request: pytest.FixtureRequest, bob: User, signed_in: str, code: str
) -> None:
    client = request.getfixturevalue(signed_in)(bob)
    assert client.get("/api/items/").status_code == 200

    Membership.objects.filter(user=bob).delete()

    response = client.get("/api/items/")
    assert response.status_code == 403
    assert response.json()["code"] == code


def test_a_new_membership_does_not_revive_an_old_token(
    client_of: ClientOf, bob: User, acme: Organization
) -> None:
    former = client_of(bob)
    Membership.objects.filter(user=bob).delete()
    Membership.objects.create(user=bob, organization=acme)
    bob.refresh_from_db()

    assert former.get("/api/items/").json()["code"] == "not_a_member"
    assert client_of(bob).get("/api/items/").status_code == 200


def test_a_changed_role_applies_to_the_next_request(client_of: ClientOf, carol: User) -> None:
    client = client_of(carol)
    new = {"sku": "A", "description": "A", "price": "1.00"}
    assert client.post("/api/items/", new).status_code == 201

    Membership.objects.filter(user=carol).update(role="member")

    assert client.post("/api/items/", {**new, "sku": "B"}).status_code == 403


def test_a_changed_password_ends_the_session(session_of: SessionOf, bob: User) -> None:
    client = session_of(bob)

    bob.set_password("another horse")
    bob.save()

    assert client.get("/api/items/").status_code == 401


def test_a_sign_in_replaces_a_session_key_that_was_set_before(
    api_client: APIClient, bob: User
) -> None:
    session = SessionStore()
    session.create()
    planted = str(session.session_key)
    api_client.cookies[settings.SESSION_COOKIE_NAME] = planted
    form = {"username": bob.email, "password": PASSWORD}
    api_client.post("/accounts/login/", form, format="multipart")
    assert api_client.get("/api/me/").status_code == 200

    api_client.cookies[settings.SESSION_COOKIE_NAME] = planted

    assert api_client.get("/api/me/").status_code == 401


def test_an_unknown_session_key_is_401(api_client: APIClient, db: None) -> None:
    api_client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32

    assert api_client.get("/api/me/").status_code == 401


class TestCsrf:
    """Writes of a session need a CSRF token; writes of an API token do not."""

    ITEM: ClassVar = {"sku": "NEW", "description": "New", "price": "1.00"}

    def test_another_site_cannot_write_with_the_browser_s_session(
        self, session_of: SessionOf, carol: User
    ) -> None:
        response = session_of(carol, csrf=True).post("/api/items/", self.ITEM)

        assert response.status_code == 403
        assert response.json()["code"] == "csrf_failed"

    def test_our_own_pages_can_write(self, session_of: SessionOf, carol: User) -> None:
        client = session_of(carol, csrf=True)
        client.get("/accounts/login/")
        csrf = client.cookies[settings.CSRF_COOKIE_NAME].value

        response = client.post("/api/items/", self.ITEM, headers={"X-CSRFToken": csrf})

        assert response.status_code == 201

    def test_an_api_token_needs_no_csrf_token(self, client_of: ClientOf, carol: User) -> None:
        client = client_of(carol)
        client.handler.enforce_csrf_checks = True

        assert client.post("/api/items/", self.ITEM).status_code == 201

    def test_an_api_token_with_a_session_needs_no_csrf_token(
        self, session_of: SessionOf, carol: User
    ) -> None:
        response = session_of(carol, csrf=True).post(
            "/api/items/", self.ITEM, headers={"Authorization": f"Token {issue(carol)}"}
        )

        assert response.status_code == 201


class TestSignInPage:
    """/accounts/login/, a form with `username` (the email) and `password`."""

    def test_opens_a_session(self, bob: User) -> None:
        client = APIClient(enforce_csrf_checks=True)
        client.get("/accounts/login/")

        response = client.post(
            "/accounts/login/?next=/api/me/",
            {
                "username": "BOB@acme.example",
                "password": PASSWORD,
                "csrfmiddlewaretoken": client.cookies[settings.CSRF_COOKIE_NAME].value,
            },
            format="multipart",
        )

        assert (response.status_code, response["Location"]) == (302, "/api/me/")
        assert client.get("/api/me/").json()["name"] == "Bob"

    def test_next_never_leads_to_another_site(self, bob: User) -> None:
        response = APIClient().post(
            "/accounts/login/?next=https://evil.example/",
            {"username": bob.email, "password": PASSWORD},
            format="multipart",
        )

        assert response["Location"] == "/"

    def test_a_deactivated_user_sees_the_message_of_wrong_credentials(
        self, bob: User, carol: User
    ) -> None:
        User.objects.filter(pk=carol.pk).update(is_active=False)

        def errors(email: str, password: str) -> list[str]:
            form = {"username": email, "password": password}
            response = APIClient().post("/accounts/login/", form, format="multipart")
            assert response.status_code == 200
            return list(response.context["form"].non_field_errors())

        wrong = errors(bob.email, "wrong")
        assert wrong
        assert errors(carol.email, PASSWORD) == wrong
        assert errors("unknown@acme.example", PASSWORD) == wrong

    def test_works_for_a_user_without_an_organization(
        self, session_of: SessionOf, nora: User
    ) -> None:
        client = session_of(nora)

        assert client.get("/accounts/login/").status_code == 200
        assert client.post("/accounts/logout/").status_code == 302
        assert client.get("/api/me/").status_code == 401
