"""`code` of POST /api/auth/token/."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from pytest_django import Settings
from rest_framework.test import APIClient

from shared_apps.audit.models import AuditEntry
from shared_apps.testing import PASSWORD
from shared_apps.users.models import User

from .conftest import code


def sign_in(user: User, password: str = PASSWORD, **more: Any) -> Any:
    body = {"email": user.email, "password": password, **more}
    return APIClient().post("/api/auth/token/", body)


def test_the_code_of_the_app_gets_a_token(app: Authenticator, bob: User) -> None:
    response = sign_in(bob, code=code())

    assert response.status_code == 200
    app.refresh_from_db()
    assert app.last_used_at is not None


def test_a_recovery_code_gets_a_token_once(recovery_codes: list[str], bob: User) -> None:
    assert sign_in(bob, code=recovery_codes[3]).status_code == 200
    assert sign_in(bob, code=recovery_codes[3]).status_code == 401


@pytest.mark.parametrize("sent", [{}, {"code": ""}, {"code": "000000"}, {"code": "x" * 5000}])
def test_without_a_right_code_it_is_401(
    app: Authenticator, bob: User, sent: dict[str, str]
) -> None:
    response = sign_in(bob, **sent)

    assert response.status_code == 401
    assert response.json()["code"] == "second_factor_required"
    assert response["WWW-Authenticate"] == "Token"


def test_a_wrong_password_does_not_show_that_there_is_a_second_factor(
    app: Authenticator, bob: User, carol: User
) -> None:
    wrong = [sign_in(user, "wrong", code="000000") for user in (bob, carol)]

    assert wrong[0].status_code == wrong[1].status_code == 400
    assert wrong[0].json() == wrong[1].json()


def test_a_missing_code_does_not_count_for_the_account(
    app: Authenticator, bob: User, settings: Settings
) -> None:
    settings.THROTTLES = {**settings.THROTTLES, "sign_in_account": 2}

    assert [sign_in(bob).status_code for _ in range(5)] == [401] * 5
    assert sign_in(bob, code=code()).status_code == 200
    assert not AuditEntry.objects.filter(action="sign_in.failed", subject=bob.email).exists()


def test_a_wrong_code_counts_as_a_failed_sign_in(
    app: Authenticator, bob: User, settings: Settings
) -> None:
    settings.THROTTLES = {**settings.THROTTLES, "sign_in_account": 4}

    statuses = [sign_in(bob, code="000000").status_code for _ in range(3)]

    assert statuses == [401, 401, 429]  # Each counts once for the password, once for the code.
    assert AuditEntry.objects.filter(action="sign_in.failed", subject=bob.email).count() == 2


def test_wrong_codes_have_their_own_limit(
    app: Authenticator, bob: User, settings: Settings
) -> None:
    settings.THROTTLES = {**settings.THROTTLES, "second_factor": 2}

    statuses = [sign_in(bob, code="000000").status_code for _ in range(3)]

    assert statuses == [401, 401, 429]
    assert sign_in(bob, code=code()).status_code == 429
    assert sign_in(bob).status_code == 401


def test_a_user_without_a_second_factor_needs_no_code(carol: User) -> None:
    assert sign_in(carol).status_code == 200
    assert sign_in(carol, code="000000").status_code == 200
