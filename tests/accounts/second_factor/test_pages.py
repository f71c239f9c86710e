"""/accounts/2fa/: add and remove an authenticator app, recovery codes."""

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.test import Client
from rest_framework.test import APIClient

from shared_apps.audit.models import AuditEntry
from shared_apps.testing import PASSWORD
from shared_apps.users.models import User
from tests.conftest import SessionOf

from . import passkey
from .conftest import PAGES, SECRET, code, mails_to, reauthenticated, secret_of, sign_in

ADD, REMOVE = f"{PAGES}totp/activate/", f"{PAGES}totp/deactivate/"
CODES, NEW_CODES = f"{PAGES}recovery-codes/", f"{PAGES}recovery-codes/generate/"


def audited(user: User) -> list[str]:
    about = AuditEntry.objects.filter(subject=user.email).order_by("pk")
    return list(about.filter(action__regex="second|recovery").values_list("action", flat=True))


@pytest.mark.parametrize("page", [ADD, NEW_CODES, f"{PAGES}webauthn/add/"])
def test_a_change_asks_for_the_password_again(session_of: SessionOf, bob: User, page: str) -> None:
    client = session_of(bob)
    asked = client.get(page)
    wrong = client.post(asked["Location"], {"password": "wrong"}, format="multipart")
    right = client.post(asked["Location"], {"password": PASSWORD}, format="multipart")

    assert asked["Location"].startswith("/accounts/reauthenticate/?next=")
    assert wrong.status_code == 200
    assert right["Location"] == page
    assert client.get(page).status_code == 200


def test_a_sign_in_is_asked_for_by_a_visitor(db: None) -> None:
    assert Client().get(PAGES)["Location"] == f"/accounts/login/?next={PAGES}"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "totp/activate/",
        "totp/deactivate/",
        "webauthn/add/",
        "webauthn/keys/1/remove/",
        "webauthn/keys/1/edit/",
        "recovery-codes/generate/",
    ],
)
def test_what_a_visitor_sends_is_not_stored(db: None, path: str) -> None:
    visitor = Client()

    response = visitor.post(f"{PAGES}{path}", {"code": "x" * 100_000})

    assert response["Location"] == f"/accounts/login/?next={PAGES}{path}"
    assert not visitor.cookies
    assert not Session.objects.exists()


def test_a_form_that_needs_the_password_again_is_not_stored(
    session_of: SessionOf, bob: User
) -> None:
    """It would be stored with the cookies of the browser."""
    client = session_of(bob)

    asked = client.post(NEW_CODES, {"code": "secret"}, format="multipart")

    assert asked["Location"] == f"/accounts/reauthenticate/?next={NEW_CODES}"
    assert "account_reauthentication_state" not in client.session


class TestFirstFactor:
    """Other sign-ins with the password alone end, and have to use it."""

    def test_ends_other_sessions_and_tokens_of_sign_ins(self, bob: User) -> None:
        thief, client = Client(), reauthenticated(bob)
        thief.force_login(bob)
        body = {"email": bob.email, "password": PASSWORD}
        token = APIClient().post("/api/auth/token/", body).json()["token"]

        client.post(ADD, {"code": code(secret_of(client.get(ADD)))})

        by_token = APIClient().get("/api/me/", headers={"Authorization": f"Token {token}"})
        assert thief.get("/api/me/").status_code == 401
        assert by_token.status_code == 401
        assert client.get("/api/me/").status_code == 200

    def test_a_second_one_ends_nothing(self, app: Authenticator, bob: User) -> None:
        client, other = reauthenticated(bob), Client()
        other.force_login(bob)

        passkey.add(client)

        assert other.get("/api/me/").status_code == 200

    def test_keeps_tokens_of_programs(self, bob: User) -> None:
        client = reauthenticated(bob)
        body = {"name": "Backup", "current_password": PASSWORD}
        made = client.post("/api/me/tokens/", body, content_type="application/json")
        assert made.status_code == 201, made.content

        passkey.add(client)

        token = made.json()["token"]
        by_token = APIClient().get("/api/me/", headers={"Authorization": f"Token {token}"})
        assert by_token.status_code == 200


class TestAddApp:
    def test_stores_the_key_encrypted_and_shows_recovery_codes_once(self, bob: User) -> None:
        client = reauthenticated(bob)
        secret = secret_of(client.get(ADD))

        response = client.post(ADD, {"code": code(secret)})
        shown, again = (client.get(response["Location"]).content.decode() for _ in range(2))

        app, codes = Authenticator.objects.filter(user=bob).order_by("pk")
        assert (app.type, codes.type) == ("totp", "recovery_codes")
        assert secret not in str(app.data)
        assert response["Location"] == CODES
        assert all(each in shown for each in codes.wrap().generate_codes())
        assert not any(each in again for each in codes.wrap().generate_codes())
        assert audited(bob) == ["second_factor.added", "recovery_codes.created"]
        assert mails_to(bob) == ["factor_added"]

    def test_its_first_code_does_not_sign_in(self, bob: User) -> None:
        client = reauthenticated(bob)
        used = code(secret_of(client.get(ADD)))
        client.post(ADD, {"code": used})
        visitor = Client()
        sign_in(visitor, bob)

        assert visitor.post(f"{PAGES}authenticate/", {"code": used}).status_code == 200

    def test_a_wrong_code_keeps_the_key(self, bob: User) -> None:
        client = reauthenticated(bob)
        secret = secret_of(client.get(ADD))

        response = client.post(ADD, {"code": code(SECRET)})

        assert response.context["form"].errors["code"]
        assert secret_of(response) == secret
        assert not Authenticator.objects.filter(user=bob).exists()


class TestRemoveApp:
    def test_ends_the_recovery_codes_too(self, recovery_codes: list[str], bob: User) -> None:
        response = reauthenticated(bob).post(REMOVE)

        assert response["Location"] == PAGES
        assert not Authenticator.objects.filter(user=bob).exists()
        assert audited(bob)[-1] == "second_factor.removed"
        assert mails_to(bob)[-1] == "factor_removed"
        assert sign_in(Client(), bob)["Location"] == "/"

    def test_needs_the_password_again(
        self, session_of: SessionOf, app: Authenticator, bob: User
    ) -> None:
        response = session_of(bob).post(REMOVE)

        assert response["Location"].startswith("/accounts/reauthenticate/")
        assert Authenticator.objects.filter(user=bob).exists()

    def test_a_code_confirms_as_well_as_the_password(
        self, session_of: SessionOf, app: Authenticator, bob: User
    ) -> None:
        client = session_of(bob)
        client.post(f"{PAGES}reauthenticate/?next={REMOVE}", {"code": code()}, format="multipart")

        assert client.get(REMOVE).status_code == 200


class TestNewRecoveryCodes:
    def test_replace_the_old_ones(self, recovery_codes: list[str], bob: User) -> None:
        client = reauthenticated(bob)

        shown = client.get(client.post(NEW_CODES)["Location"]).content.decode()

        assert not any(old in shown for old in recovery_codes)
        assert audited(bob)[-1] == "recovery_codes.created"

    def test_need_a_second_factor_first(self, bob: User) -> None:
        response = reauthenticated(bob).post(NEW_CODES)

        assert response.context["form"].non_field_errors()

    def test_are_not_downloaded_after_they_were_shown(
        self, recovery_codes: list[str], bob: User
    ) -> None:
        client = reauthenticated(bob)
        client.get(CODES)

        assert client.get(f"{CODES}download/").status_code == 403


def test_the_first_page_shows_what_the_user_has(
    session_of: SessionOf, recovery_codes: list[str], bob: User
) -> None:
    page = session_of(bob).get(PAGES).content.decode()

    assert "<strong>10</strong> left" in page
    assert REMOVE in page
