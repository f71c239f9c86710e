"""Mails about accounts say what happened, from where, and what to do if it was another person."""

from pathlib import Path

import pytest

from shared_apps.jobs.mail.rendering import render

FOLDER = Path(__file__).parents[2] / "templates" / "accounts" / "mails"
NAMES = sorted(path.stem for path in FOLDER.glob("*.txt"))
VALUES = {
    "email": "ada@example.com",
    "old": "ada@example.com",
    "new": "<ada>@new.example",
    "tokens_ended": True,
    "facts": [["When", "2026-11-30 12:00 UTC"], ["Address", "192.0.2.7"]],
    "url": "https://tenantry.example/accounts/secret/",
    "reset_url": "https://tenantry.example/accounts/password/reset/",
    "sign_in_url": "https://tenantry.example/accounts/login/",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_mail_is_complete(name: str) -> None:
    mail = render(f"accounts/mails/{name}", VALUES)

    assert mail.subject
    for body in (mail.text, mail.html):
        assert "2026-11-30 12:00 UTC" in body
        assert "192.0.2.7" in body
        assert "Was this not you?" in body
        assert "You get this mail because" in body
        assert "https://tenantry.example/accounts/" in body
    assert "<ada>" not in mail.html
    assert mail.text.startswith(mail.subject)


def test_both_formats_exist() -> None:
    assert len(NAMES) == 10
    assert sorted(path.stem for path in FOLDER.glob("*.html")) == NAMES


def test_a_mail_names_both_addresses_of_a_change() -> None:
    for name in ("email_confirm", "email_changed", "email_left", "email_restored"):
        text = render(f"accounts/mails/{name}", VALUES).text
        assert "ada@example.com" in text
        assert "<ada>@new.example" in text
