"""Mails about accounts: every template renders, in text and HTML, and says what to do."""

from pathlib import Path

import pytest

from shared_apps.jobs.mail.rendering import render

FOLDER = Path(__file__).parents[2] / "templates" / "accounts" / "second_factor"
NAMES = sorted(path.stem for path in FOLDER.glob("*.txt"))
RESET = "https://tenantry.example/accounts/password/reset/"
UNDO = "https://tenantry.example/accounts/second-factor/undo/secret/"
VALUES = {
    "email": "ada@example.com",
    "kind": "A passkey",
    "left": 0,
    "reset_url": RESET,
    "undo_url": UNDO,
    "facts": [["Time", "2026-11-30 12:00 UTC"], ["Address", "192.0.2.7"]],
}


@pytest.mark.parametrize("name", NAMES)
def test_says_what_happened_where_and_what_to_do(name: str) -> None:
    mail = render(f"accounts/second_factor/{name}", VALUES)

    assert mail.subject
    for body in (mail.text, mail.html):
        assert "ada@example.com" in body
        assert "192.0.2.7" in body
        assert "Was this not you?" in body
        assert (UNDO if name == "factor_added" else RESET) in body


def test_the_last_recovery_code_asks_for_new_ones() -> None:
    assert "It was the last one" in render("accounts/second_factor/recovery_code_used", VALUES).text
