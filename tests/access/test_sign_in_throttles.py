"""429 after too many sign-ins."""

import sys
from typing import Any
from unicodedata import category

import pytest
from django.db import connection
from pytest_django import Settings
from rest_framework.test import APIClient

from shared_apps.access.throttles import sign_in_throttles
from shared_apps.core.throttles import Throttle
from shared_apps.testing import PASSWORD
from shared_apps.users.models import User
from tests.access.conftest import assert_throttled
from tests.conftest import InThread

TOKEN, PAGE = "/api/auth/token/", "/accounts/login/"


def sign_in(email: str, password: str = "wrong", address: str = "192.0.2.1", **more: Any) -> int:
    client = APIClient(REMOTE_ADDR=address, **more)
    return client.post(TOKEN, {"email": email, "password": password}).status_code


def test_sign_ins_to_an_account_are_limited_for_all_addresses_together(
    limits: dict[str, int], bob: User, carol: User
) -> None:
    limits["sign_in_account"] = 3

    guesses = [sign_in(bob.email, address=f"192.0.2.{number}") for number in range(5)]

    assert guesses == [400] * 3 + [429] * 2
    assert sign_in(bob.email, PASSWORD) == 429
    assert sign_in(carol.email, PASSWORD) == 200


def test_a_domain_in_ascii_and_in_unicode_is_the_same_account(
    limits: dict[str, int], db: None
) -> None:
    limits["sign_in_account"] = 1

    spellings = ["ada@b\u00fccher.example", "ada@xn--bcher-kva.example"]

    assert [sign_in(each) for each in spellings] == [400, 429]


@pytest.mark.parametrize("spelling", ["BOB@acme.example", " bob@acme.example\t"])
def test_another_spelling_of_the_email_counts_for_the_same_account(
    limits: dict[str, int], bob: User, spelling: str
) -> None:
    limits["sign_in_account"] = 1

    assert [sign_in(bob.email), sign_in(spelling)] == [400, 429]


def test_emails_that_postgresql_treats_as_equal_share_a_counter(db: None) -> None:
    """PostgreSQL's `lower` decides which emails find the same user."""
    letters = [letter for letter in map(chr, range(sys.maxunicode)) if category(letter)[0] == "L"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT c, lower(c) FROM unnest(%s) c WHERE c <> lower(c)", [letters])
        pairs = cursor.fetchall()

    def counted_as(email: str) -> list[Throttle]:
        return sign_in_throttles(email=email, address=None)

    assert len(pairs) > 1_000
    assert [pair for pair in pairs if counted_as(pair[0]) != counted_as(pair[1])] == []


def test_an_unknown_account_has_the_same_limit(limits: dict[str, int], db: None) -> None:
    limits["sign_in_account"] = 1

    assert [sign_in("unknown@acme.example") for _ in range(2)] == [400, 429]


def test_sign_ins_from_an_address_are_limited_for_all_accounts_together(
    limits: dict[str, int], bob: User
) -> None:
    limits["sign_in_address"] = 2

    assert [sign_in(f"{number}@acme.example") for number in range(3)] == [400, 400, 429]
    assert sign_in(bob.email, PASSWORD, address="192.0.2.2") == 200


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::1", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("unix:", "", True),
    ],
)
def test_an_ipv6_network_is_one_address(
    limits: dict[str, int], db: None, first: str, second: str, same: bool
) -> None:
    limits["sign_in_address"] = 1

    sign_in("one@acme.example", address=first)

    assert sign_in("two@acme.example", address=second) == (429 if same else 400)


@pytest.mark.parametrize("limit", ["sign_in_account", "sign_in_address"])
def test_successful_sign_ins_count(limits: dict[str, int], bob: User, limit: str) -> None:
    limits[limit] = 2

    passwords = [PASSWORD, "wrong", PASSWORD]

    assert [sign_in(bob.email, password) for password in passwords] == [200, 400, 429]


def test_sign_in_page_and_api_share_the_limit(limits: dict[str, int], bob: User) -> None:
    limits["sign_in_account"] = 2
    client = APIClient()
    form = {"username": bob.email, "password": "wrong"}

    assert sign_in(bob.email) == 400
    assert client.post(PAGE, form, format="multipart").status_code == 200
    response = client.post(
        PAGE, {**form, "password": PASSWORD}, format="multipart", HTTP_ACCEPT="text/html"
    )

    assert response.status_code == 429
    assert response["Content-Type"].startswith("text/html")
    assert int(response["Retry-After"]) > 0
    assert sign_in(bob.email) == 429


def test_a_throttled_sign_in_has_the_error_format_of_the_api(
    limits: dict[str, int], db: None
) -> None:
    limits["sign_in_account"] = 1
    body = {"email": "unknown@acme.example", "password": "wrong"}
    APIClient().post(TOKEN, body)

    assert_throttled(APIClient().post(TOKEN, body))


@pytest.mark.parametrize(("proxies", "throttled"), [(0, True), (1, False), (2, True)])
def test_x_forwarded_for_counts_only_from_trusted_proxies(
    limits: dict[str, int], settings: Settings, db: None, proxies: int, throttled: bool
) -> None:
    """The first address is the caller's own claim; one proxy or two proxies add theirs."""
    limits["sign_in_address"] = 1
    settings.TRUSTED_PROXIES = proxies

    responses = [
        sign_in(
            f"{number}@acme.example",
            HTTP_X_FORWARDED_FOR=f"203.0.113.{number}, 198.51.100.1, 198.51.100.{number}",
        )
        for number in range(2)
    ]

    assert responses[-1] == (429 if throttled else 400)


def test_concurrent_sign_ins_stay_within_the_limit(
    limits: dict[str, int], in_thread: InThread
) -> None:
    limits["sign_in_account"] = 3

    guesses = [in_thread(lambda: sign_in("unknown@race.example")) for _ in range(12)]

    assert sorted(guess.result() for guess in guesses) == [400] * 3 + [429] * 9


def test_the_right_password_over_the_limit_is_429(
    limits: dict[str, int], bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two other sign-ins finish while the right password is checked."""
    limits["sign_in_account"] = 2
    check = User.check_password

    def check_last(user: User, password: str) -> bool:
        if password == PASSWORD:
            assert [sign_in(bob.email), sign_in(bob.email)] == [400] * 2
        return check(user, password)

    monkeypatch.setattr(User, "check_password", check_last)

    assert sign_in(bob.email, PASSWORD) == 429


@pytest.mark.parametrize("email", ["\0", "é" * 5000, "a b\n"])
def test_any_text_can_be_counted(limits: dict[str, int], db: None, email: str) -> None:
    limits["sign_in_account"] = 1

    assert {sign_in(email), sign_in(email)} <= {400, 429}
