"""No response shows whether an address has an account, not even by its time."""

import pytest
from django.test import Client
from pytest_django import Settings

from shared_apps.users.models import User
from tests.accounts.conftest import Cost


@pytest.fixture
def emails(bob: User, carol: User) -> list[str]:
    """A user's, that of a deactivated user, and an unknown one."""
    User.objects.filter(pk=carol.pk).update(is_active=False)
    return [bob.email, carol.email, "unknown@acme.example"]


@pytest.fixture(autouse=True)
def open_to_all(settings: Settings) -> None:
    settings.SIGN_UP = "open"


def test_sign_up_sends_the_same_statements_and_hashes_once(cost: Cost, emails: list[str]) -> None:
    form = {"name": "Ada", "password": "a long enough password"}

    def sign_up(email: str) -> tuple[list[str], int]:
        return cost(lambda: Client().post("/accounts/signup/", {"email": email, **form}))

    first, *others = map(sign_up, emails)

    assert first[1] == 1
    assert first[0]
    assert others == [first, first]


def test_a_reset_sends_the_same_statements_and_hashes_nothing(
    cost: Cost, emails: list[str]
) -> None:
    def reset(email: str) -> tuple[list[str], int]:
        return cost(lambda: Client().post("/accounts/password/reset/", {"email": email}))

    first, *others = map(reset, emails)

    assert first[1] == 0
    assert first[0]
    assert others == [first, first]


@pytest.mark.parametrize("url", ["/accounts/signup/", "/accounts/password/reset/"])
def test_the_responses_are_the_same(emails: list[str], url: str) -> None:
    form = {"name": "Ada", "password": "a long enough password"}

    responses = [Client().post(url, {"email": email, **form}) for email in emails]

    assert len({(each.status_code, each["Location"], each.content) for each in responses}) == 1
