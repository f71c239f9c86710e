"""Keys of authenticator apps and recovery codes are encrypted with SECRET_KEY."""

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from pytest_django import Settings

from shared_apps.accounts.second_factor.keys import keys_encrypt_again
from shared_apps.users.models import User

from .conftest import PAGES, SECRET, code, sign_in

STEP = f"{PAGES}authenticate/"


def accepts(user: User, code: str) -> bool:
    client = Client()
    sign_in(client, user)
    return client.post(STEP, {"code": code}).status_code == 302


@pytest.fixture
def rotated(recovery_codes: list[str], settings: Settings) -> None:
    """Another SECRET_KEY; the one that encrypted the keys is a fallback."""
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-" * 10


def test_the_database_has_no_readable_key(recovery_codes: list[str], bob: User) -> None:
    stored = str(list(Authenticator.objects.filter(user=bob).values_list("data", flat=True)))

    assert SECRET not in stored
    assert not any(each in stored for each in recovery_codes)


def test_codes_work_while_the_old_key_is_a_fallback(
    rotated: None, recovery_codes: list[str], bob: User
) -> None:
    assert accepts(bob, code())
    assert accepts(bob, recovery_codes[0])


def test_the_old_key_can_go_after_a_day(
    rotated: None, recovery_codes: list[str], bob: User, settings: Settings
) -> None:
    assert (keys_encrypt_again(), keys_encrypt_again()) == (2, 0)
    settings.SECRET_KEY_FALLBACKS = []

    assert keys_encrypt_again() == 0
    assert accepts(bob, code())
    assert accepts(bob, recovery_codes[0])


def test_a_key_that_cannot_be_read_accepts_no_code(
    rotated: None, recovery_codes: list[str], bob: User, settings: Settings
) -> None:
    settings.SECRET_KEY_FALLBACKS = ["third-" * 10]

    assert keys_encrypt_again() == 0
    assert not accepts(bob, code())
    assert not accepts(bob, recovery_codes[0])
