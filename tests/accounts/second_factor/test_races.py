"""Of several concurrent sign-ins with the same code, one succeeds."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from rest_framework.test import APIClient

from shared_apps.organizations.models import Organization
from shared_apps.testing import PASSWORD
from shared_apps.users.models import User
from tests.conftest import InThread, run_behind_a_lock

from .conftest import SECRET, code


@pytest.fixture
def owner(in_thread: InThread, committed_organization: Organization) -> User:
    """A committed user with an authenticator app and recovery codes."""

    def add() -> User:
        owner = User.objects.get(organization=committed_organization)
        TOTP.activate(owner, SECRET)
        RecoveryCodes.activate(owner)
        return owner

    found: User = in_thread(add).result()
    return found


@pytest.mark.parametrize("kind", ["totp", "recovery_codes"])
def test_one_of_two_concurrent_sign_ins_with_a_code_succeeds(
    in_thread: InThread, owner: User, kind: str
) -> None:
    own = Authenticator.objects.filter(user=owner)

    def used() -> str:
        codes = RecoveryCodes(own.get(type="recovery_codes")).generate_codes()
        return code() if kind == "totp" else str(codes[0])

    body = {"email": owner.email, "password": PASSWORD, "code": in_thread(used).result()}

    def sign_in() -> int:
        return APIClient().post("/api/auth/token/", body).status_code

    statuses = run_behind_a_lock(in_thread, lambda: list(own.select_for_update()), sign_in, sign_in)

    assert sorted(statuses) == [200, 401]


def test_concurrent_guesses_stay_within_the_limit(in_thread: InThread, owner: User) -> None:
    body = {"email": owner.email, "password": PASSWORD, "code": "000000"}

    def guess() -> int:
        return APIClient().post("/api/auth/token/", body).status_code

    statuses = [in_thread(guess) for _ in range(9)]

    assert sorted(each.result() for each in statuses) == [401] * 5 + [429] * 4
