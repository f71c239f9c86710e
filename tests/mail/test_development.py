"""In development each mail is a file, which /dev/mail/ shows."""

from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from shared_apps.jobs.mail import mail_send
from shared_apps.testing.jobs import run_jobs
from shared_apps.users.models import User
from tests.mail.conftest import Write


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.DEBUG = True
    settings.EMAIL_BACKEND = "shared_apps.jobs.mail.backends.FileBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "data" / "mail")
    return tmp_path / "data" / "mail"


def send(text: str = "Hello", to: str = "ada@example.com") -> None:
    mail_send(to=to, template="note", context={"text": text})
    run_jobs()


def get(client: Client, path: str = "/dev/mail/", status: int = 200) -> str:
    response: Any = client.get(path)
    assert response.status_code == status
    return str(response.text)


def newest(folder: Path) -> str:
    return f"/dev/mail/{max(folder.iterdir()).stem}/"


def test_each_mail_is_a_file_that_mail_programs_open(db: None, note: str, folder: Path) -> None:
    send("First")
    send("Second")

    first, second = sorted(folder.iterdir())
    assert {first.suffix, second.suffix} == {".eml"}
    message = message_from_bytes(second.read_bytes(), policy=policy.default)
    assert (message["To"], message["Subject"]) == ("ada@example.com", "A note")
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content().startswith("Second\n")


def test_the_list_has_the_newest_mail_first(
    db: None, note: str, folder: Path, client: Client
) -> None:
    assert "No mail yet" in get(client)
    send(to="first@example.com")
    send(to="second@example.com")

    page = get(client)

    assert page.index("second@example.com") < page.index("first@example.com")
    assert "UTC</time>" in page
    assert "No mail yet" not in page


def test_a_mail_is_shown_as_html_text_and_source(
    db: None, write_templates: Write, folder: Path, client: Client
) -> None:
    write_templates(content="<p>{{ text }}</p>", subject="Subject & more")
    send("Grüße")

    html = get(client, newest(folder))
    text = get(client, f"{newest(folder)}?as=text")
    source = get(client, f"{newest(folder)}?as=source")

    assert "<h1>Subject &amp; more</h1>" in html
    assert "&lt;p&gt;Grüße&lt;/p&gt;" in html
    assert '<pre class="mail" tabindex="0">&lt;p&gt;Grüße&lt;/p&gt;' in text
    assert "Content-Type: multipart/alternative" in source
    assert get(client, f"{newest(folder)}?as=nonsense").count("<iframe") == 1


def test_the_html_of_a_mail_is_in_a_sandbox_without_scripts(
    db: None, write_templates: Write, folder: Path, client: Client
) -> None:
    write_templates(content='"><script>alert(1)</script>')
    send()

    response: Any = client.get(newest(folder))

    assert "<script>alert" not in response.text
    assert "&quot;&gt;&lt;script&gt;" in response.text
    sandbox = response.text.partition('sandbox="')[2].partition('"')[0]
    assert sandbox == "allow-popups allow-popups-to-escape-sandbox"
    policy = response["Content-Security-Policy"]
    assert policy.startswith(client.get("/")["Content-Security-Policy"])
    assert policy.endswith("; style-src 'self' 'unsafe-inline'")  # Mails have inline styles.


@pytest.mark.parametrize(
    "name", ["20261129-201500-000000-abcd", "..", "%2e%2e%2fsecret", "..%2fsecret", "a.eml"]
)
def test_a_name_that_is_not_a_mail_is_404(
    db: None, folder: Path, client: Client, name: str
) -> None:
    folder.mkdir(parents=True)
    (folder.parent / "secret.eml").write_text("Subject: secret\n\n")

    get(client, f"/dev/mail/{name}/", status=404)


def test_mails_exist_in_development_only(
    db: None, note: str, folder: Path, client: Client, settings: Settings, alice: User
) -> None:
    send()
    path = newest(folder)
    get(client, path)
    settings.DEBUG = False

    for caller in (client, signed_in(alice)):
        for each in ("/dev/mail/", path, "/dev/mail/other/"):
            get(caller, each, status=404)
            assert caller.post(each).status_code == 404


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_mail_is_only_read(db: None, note: str, folder: Path, client: Client) -> None:
    send()

    assert client.post(newest(folder)).status_code == 405
    assert len(list(folder.iterdir())) == 1


def test_with_a_mail_server_the_list_shows_where_mail_goes(
    db: None, folder: Path, client: Client, settings: Settings
) -> None:
    settings.EMAIL_FILE_PATH = None

    assert "Mail goes to its recipients" in get(client)
    get(client, "/dev/mail/20261129-201500-000000-abcd/", status=404)


@pytest.mark.parametrize("development", [True, False])
def test_the_home_page_links_to_the_mails_of_development(
    db: None, client: Client, settings: Settings, development: bool
) -> None:
    settings.DEBUG = development

    assert ('href="/dev/mail/"' in get(client, "/")) == development
