"""docs/mail.md: its mail is sent as printed, and its lists are complete."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core import mail
from pytest_django import Settings

from config import mail as mail_config
from shared_apps.jobs.mail import mail_send
from shared_apps.testing.jobs import run_jobs

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "mail.md").read_text()
FILE = re.compile(r"^`templates/(\S+)`\n\n```django\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def printed_templates(settings: Settings, tmp_path: Path) -> None:
    (engine,) = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [*engine["DIRS"], tmp_path]}]
    for name, content in FILE.findall(PAGE):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)


@pytest.mark.usefixtures("printed_templates")
def test_the_printed_mail_has_the_printed_text(db: None) -> None:
    mail_send(
        to="ada@example.com",
        template="notes/shared",
        context={
            "note": "Prices <2027> & later",
            "url": "https://app.example.com/notes/7/",
            "facts": [("Shared by", "Ada"), ("At", datetime(2026, 11, 29, 20, 15, tzinfo=UTC))],
        },
    )
    run_jobs()

    (sent,) = mail.outbox
    assert sent.subject == "A note for you: Prices <2027> & later"
    (text,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    assert sent.body == text
    html = str(sent.alternatives[0][0])  # type: ignore[attr-defined]
    assert "<h1>Prices &lt;2027&gt; &amp; later</h1>" in html
    assert '<a class="button" href="https://app.example.com/notes/7/"' in html
    assert "2026-11-29 20:15 UTC" in html
    assert "Was this not you?" in html


def test_the_page_lists_the_files_of_the_layout() -> None:
    listed = set(re.findall(r"`(\w+\.(?:html|txt))`", PAGE))
    files = {path.name for path in (ROOT / "templates" / "mail").iterdir()}

    assert listed == {name for name in files if not name.startswith("test.")}


def test_the_page_s_urls_are_valid() -> None:
    urls = re.findall(r"`((?:smtp|file|console|anymail)[+\w]*:[^`\s]*)`", PAGE)
    urls += re.findall(r"^    (anymail\S+)", PAGE, re.MULTILINE)

    assert len(urls) >= 8
    for url in urls:
        mail_config.mail_settings(url)
