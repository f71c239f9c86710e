"""Each mail says what its reader needs. Those about accounts have tests in `tests/accounts`."""

from pathlib import Path

import pytest

from shared_apps.jobs.mail.rendering import render

FOLDER = Path(__file__).parents[2] / "templates"
ABOUT_ACCOUNTS = ("accounts/mails/", "accounts/second_factor/")
WHEN, ADDRESS = "2026-11-30 12:00 UTC", "192.0.2.7"
LINK = "https://tenantry.example/members/"
# What a mail must contain. An invitation has no time and no address of the inviter: its reader may
# be a stranger, and opens nothing that was theirs before. It says until when it works.
NEEDED = {
    "mail/test": ("You can ignore this mail", WHEN),
    "organizations/invitation": ("Ada", "Acme", WHEN, LINK, "Ignore this mail"),
    "organizations/ownership_offered": ("Ada", "Acme", WHEN, ADDRESS, LINK, "Ask Ada first"),
    "webhooks/switched_off": ("Acme", WHEN, "/api/webhooks/7/", "because you own Acme"),
}
VALUES = {
    "organization": "Acme",
    "inviter": "Ada",
    "owner": "Ada",
    "url": LINK,
    "path": "/api/webhooks/7/",
}
FACTS = {
    "mail/test": [("When", WHEN)],
    "organizations/invitation": [("Works until", WHEN)],
    "organizations/ownership_offered": [("When", WHEN), ("From", ADDRESS)],
    "webhooks/switched_off": [("Failing since", WHEN)],
}


def test_no_mail_is_without_a_test() -> None:
    mails = {
        str(path.relative_to(FOLDER).with_suffix(""))
        for path in FOLDER.rglob("*.txt")
        if '{% extends "mail/base.txt" %}' in path.read_text()
    }

    assert {name for name in mails if not name.startswith(ABOUT_ACCOUNTS)} == NEEDED.keys()


@pytest.mark.parametrize("name", NEEDED)
def test_text_and_html_say_what_the_reader_needs(name: str) -> None:
    mail = render(name, {**VALUES, "facts": FACTS[name]})

    assert mail.subject
    for body in (mail.text, mail.html):
        for needed in NEEDED[name]:
            assert needed in body
