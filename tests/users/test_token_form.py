"""Tokens have a form that scanners for secrets recognize."""

import re
from collections.abc import Callable

import pytest

from shared_apps.users.token_form import is_possible, new_plaintext, prefix_of

FORM = re.compile(r"tnt_[a-z2-7]{8}[0-9A-Za-z]{43}[0-9A-Za-z]{6}")
OF_0_4_0 = "Zk3w9Xy0qLr5sT7uVbN2mA4cD6eF8gH1jK3lP5oI7yU"


def test_a_scanner_finds_a_token_by_its_form() -> None:
    assert FORM.fullmatch(new_plaintext("acme"))


def test_each_token_is_another_one() -> None:
    assert len({new_plaintext("acme") for _ in range(100)}) == 100


def test_tokens_of_an_organization_have_the_same_hint_and_others_another() -> None:
    hints = [new_plaintext(name)[4:12] for name in ("acme", "acme", "globex")]

    assert hints[0] == hints[1] != hints[2]


def test_people_see_too_little_of_a_token_to_guess_it() -> None:
    plaintext = new_plaintext("acme")

    assert prefix_of(plaintext) == plaintext[:16]


def test_a_new_token_and_one_of_0_4_0_are_possible() -> None:
    assert is_possible(new_plaintext("acme"))
    assert is_possible(OF_0_4_0)


@pytest.mark.parametrize(
    "changed",
    [
        lambda token: token[:-1] + ("0" if token[-1] != "0" else "1"),  # The checksum.
        lambda token: token[:20] + ("0" if token[20] != "0" else "1") + token[21:],  # The secret.
        lambda token: "tnt_" + ("a" if token[4] != "a" else "b") + token[5:],  # The hint.
        lambda token: token[:-1],
        lambda token: token + "0",
        lambda token: "tnt_",
        lambda token: token[:20] + "é" + token[21:],
        lambda token: "x" * 65,
    ],
    ids=["checksum", "secret", "hint", "short", "long", "empty", "accent", "longest"],
)
def test_a_damaged_token_is_impossible(changed: Callable[[str], str]) -> None:
    assert not is_possible(changed(new_plaintext("acme")))
