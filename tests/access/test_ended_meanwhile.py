"""What a sign-in or a session makes while the user ends it: nothing that outlives it."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.hashers import make_password
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from shared_apps.accounts.models import EmailChange
from shared_apps.accounts.recovery import account_recover
from shared_apps.organizations.models import Organization
from shared_apps.organizations.roles import Role
from shared_apps.organizations.services import membership_create
from shared_apps.testing import PASSWORD
from shared_apps.users.link_tokens import reset_tokens
from shared_apps.users.models import ApiToken, SignInSession, User
from shared_apps.users.password_services import password_change, password_reset
from shared_apps.users.services import token_issue, user_deactivate
from shared_apps.users.sessions import sessions_end
from tests.accounts.second_factor.conftest import SECRET, code, reauthenticated, secret_of
from tests.conftest import InThread, one_after_the_other
from tests.tokens import code_of, key_of

NEW = "another long password"
PAGE = "/accounts/login/"
HASHERS = [f"django.contrib.auth.hashers.{name}PasswordHasher" for name in ("MD5", "Scrypt")]
"""The second one made old hashes."""


@pytest.fixture
def admin(in_thread: InThread, committed_organization: Organization) -> User:
    """A committed admin, who is not the only owner."""
    name = committed_organization.schema_name

    def create() -> User:
        user = User.objects.create_user(f"admin.{name}@race.example", PASSWORD, name="Admin")
        membership_create(user=user, organization=committed_organization, role=Role.ADMIN)
        return user

    user: User = in_thread(create).result()
    return user


def reset(user: User) -> None:
    """Choose a new password with the link of a mail."""
    password_reset(user_id=user.pk, token=reset_tokens.make_token(user), new=NEW, facts=[])


def recover(user: User) -> None:
    """Undo what a thief has changed, with the link of a mail."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    since = user.created_at
    account_recover(user=user, factors_since=since, tokens_since=since, reason="Undone.")


def deactivate(user: User) -> None:
    user_deactivate(user=user)


def add_factor(user: User) -> None:
    TOTP.activate(user, SECRET)


def by_api(user: User, **more: str) -> Any:
    body = {"email": user.email, "password": PASSWORD, **more}
    return APIClient().post("/api/auth/token/", body)


def by_browser(user: User) -> Any:
    return Client().post(PAGE, {"username": user.email, "password": PASSWORD})


@pytest.mark.parametrize("change", [reset, recover, deactivate])
class TestASignIn:
    def test_by_api_gets_no_token(
        self, in_thread: InThread, admin: User, change: Callable[[User], None]
    ) -> None:
        response = one_after_the_other(in_thread, lambda: change(admin), lambda: by_api(admin))

        assert code_of(response) == (400, "invalid_credentials")
        assert not in_thread(ApiToken.objects.filter(user=admin).exists).result()

    def test_by_browser_opens_no_session(
        self, in_thread: InThread, admin: User, change: Callable[[User], None]
    ) -> None:
        response = one_after_the_other(in_thread, lambda: change(admin), lambda: by_browser(admin))

        assert (response.status_code, response["Location"]) == (302, PAGE)
        assert not in_thread(SignInSession.objects.filter(user=admin).exists).result()


class TestASignInWithoutTheFirstSecondFactor:
    @pytest.mark.parametrize("more", [{}, {"code": "000000"}], ids=["no code", "any code"])
    def test_by_api_gets_no_token(
        self, in_thread: InThread, admin: User, more: dict[str, str]
    ) -> None:
        response = one_after_the_other(
            in_thread, lambda: add_factor(admin), lambda: by_api(admin, **more)
        )

        assert code_of(response) == (401, "second_factor_required")
        assert not in_thread(ApiToken.objects.filter(user=admin).exists).result()

    def test_by_browser_opens_no_session(self, in_thread: InThread, admin: User) -> None:
        response = one_after_the_other(
            in_thread, lambda: add_factor(admin), lambda: by_browser(admin)
        )

        assert (response.status_code, response["Location"]) == (302, PAGE)
        assert not in_thread(SignInSession.objects.filter(user=admin).exists).result()

    def test_that_is_first_loses_its_token(
        self, in_thread: InThread, admin: User, committed_organization: Organization
    ) -> None:
        one_after_the_other(
            in_thread,
            lambda: token_issue(user=admin, organization=committed_organization),
            lambda: add_factor(admin),
        )

        assert not in_thread(ApiToken.objects.filter(user=admin).exists).result()


def test_an_old_hash_is_not_stored_again_over_a_new_password(
    in_thread: InThread, admin: User, settings: Settings
) -> None:
    """The sign-in hashes the password again, as after an upgrade of Django."""
    settings.PASSWORD_HASHERS = HASHERS

    def make_old() -> User:
        User.objects.filter(pk=admin.pk).update(password=make_password(PASSWORD, hasher="scrypt"))
        return User.objects.get(pk=admin.pk)

    old = in_thread(make_old).result()

    response = one_after_the_other(in_thread, lambda: reset(old), lambda: by_api(old))

    assert code_of(response) == (400, "invalid_credentials")
    stored = in_thread(lambda: User.objects.get(pk=admin.pk)).result()
    assert stored.check_password(NEW)


def test_an_old_hash_is_stored_again_by_a_sign_in(bob: User, settings: Settings) -> None:
    settings.PASSWORD_HASHERS = HASHERS
    User.objects.filter(pk=bob.pk).update(password=make_password(PASSWORD, hasher="scrypt"))

    assert by_api(bob).status_code == 200

    bob.refresh_from_db()
    assert bob.password.startswith("md5$")


class TestASession:
    @pytest.fixture
    def browser(self, in_thread: InThread, admin: User) -> APIClient:
        """The admin's browser."""

        def sign_in() -> APIClient:
            client = APIClient()
            client.force_login(admin)
            return client

        client: APIClient = in_thread(sign_in).result()
        return client

    @pytest.mark.parametrize("url", ["/api/me/tokens/", "/api/organization/keys/"])
    def test_makes_no_token_or_key(
        self, in_thread: InThread, admin: User, browser: APIClient, url: str
    ) -> None:
        response = one_after_the_other(
            in_thread, lambda: sessions_end(user=admin), lambda: browser.post(url, {"name": "Shop"})
        )

        assert code_of(response) == (401, "not_authenticated")
        made = ApiToken.objects.filter(organization=admin.organization)
        assert not in_thread(made.exists).result()

    def test_rotates_no_key(self, in_thread: InThread, admin: User, browser: APIClient) -> None:
        assert admin.organization is not None
        organization = admin.organization
        key, _ = in_thread(lambda: key_of(organization)).result()

        response = one_after_the_other(
            in_thread,
            lambda: sessions_end(user=admin),
            lambda: browser.post(f"/api/organization/keys/{key.pk}/rotate/"),
        )

        assert code_of(response) == (401, "not_authenticated")
        keys = ApiToken.objects.filter(organization=organization)
        assert in_thread(keys.count).result() == 1

    def test_makes_no_token_when_a_new_password_ends_the_tokens(
        self, in_thread: InThread, admin: User, browser: APIClient
    ) -> None:
        def change() -> None:
            password_change(
                request=Client().get("/").wsgi_request,
                user=admin,
                current=PASSWORD,
                new=NEW,
                end_tokens=True,
            )

        response = one_after_the_other(
            in_thread, change, lambda: browser.post("/api/me/tokens/", {"name": "Shop"})
        )

        assert code_of(response) == (401, "not_authenticated")
        assert not in_thread(ApiToken.objects.filter(user=admin).exists).result()

    def test_adds_no_second_factor(self, in_thread: InThread, admin: User) -> None:
        url = "/accounts/2fa/totp/activate/"

        def begin() -> tuple[Client, str]:
            client = reauthenticated(admin)
            return client, secret_of(client.get(url))

        client, secret = in_thread(begin).result()

        response = one_after_the_other(
            in_thread,
            lambda: sessions_end(user=admin),
            lambda: client.post(url, {"code": code(secret)}),
        )

        assert response.status_code == 401
        assert not in_thread(Authenticator.objects.filter(user=admin).exists).result()

    def test_asks_for_no_other_address_with_a_former_password(
        self, in_thread: InThread, admin: User, browser: APIClient
    ) -> None:
        form = {"email": f"thief.{admin.email}", "password": PASSWORD}

        response = one_after_the_other(
            in_thread,
            lambda: reset(admin),
            lambda: browser.post("/accounts/email/", form, format="multipart"),
        )

        assert b"This is not your password." in response.content
        assert not in_thread(EmailChange.objects.filter(user=admin).exists).result()
