"""EMAIL_URL and DEFAULT_FROM_EMAIL: what they mean, and the error for another value."""

from typing import Any

import pytest
from django.conf import settings as configured
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import get_connection
from pytest_django import Settings

from config.mail import TIMEOUT, mail_settings, sender

SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.mark.parametrize(
    ("url", "host", "port", "user", "password", "encryption"),
    [
        ("smtp://localhost", "localhost", 25, "", "", ""),
        ("smtp://mail.example:2525/", "mail.example", 2525, "", "", ""),
        ("smtp+tls://ada:hush@mail.example", "mail.example", 587, "ada", "hush", "tls"),
        ("smtps://ada:hush@mail.example", "mail.example", 465, "ada", "hush", "ssl"),
        (
            "smtps://ada%40example.com:p%40ss%2F%3A%23@mail.example:466",
            "mail.example",
            466,
            "ada@example.com",
            "p@ss/:#",
            "ssl",
        ),
        ("SMTP+TLS://u:p@[2001:db8::1]:26", "2001:db8::1", 26, "u", "p", "tls"),
    ],
)
def test_a_mail_server(
    url: str, host: str, port: int, user: str, password: str, encryption: str
) -> None:
    settings = mail_settings(url)

    assert (settings.backend, settings.leaves) == (SMTP, True)
    assert (settings.host, settings.port) == (host, port)
    assert (settings.user, settings.password) == (user, password)
    assert (settings.use_tls, settings.use_ssl) == (encryption == "tls", encryption == "ssl")


def test_a_provider() -> None:
    settings = mail_settings("anymail+mailgun:?api_key=k%3D+%26%2F&sender_domain=mg.example.com")

    assert settings.backend == "anymail.backends.mailgun.EmailBackend"
    assert settings.anymail == {
        "MAILGUN_API_KEY": "k=+&/",
        "MAILGUN_SENDER_DOMAIN": "mg.example.com",
        "REQUESTS_TIMEOUT": TIMEOUT,
    }
    assert settings.leaves


@pytest.mark.parametrize("url", ["anymail+amazon-ses:", "anymail+amazon-ses://"])
def test_a_provider_s_name_has_hyphens_for_spaces(url: str) -> None:
    assert mail_settings(url).backend == "anymail.backends.amazon_ses.EmailBackend"


def test_a_folder() -> None:
    settings = mail_settings("file:///srv/my%20mail")

    assert settings.backend == "shared_apps.jobs.mail.backends.FileBackend"
    assert (settings.folder, settings.leaves) == ("/srv/my mail", False)


@pytest.mark.parametrize("url", ["console:", "console://"])
def test_the_console(url: str) -> None:
    assert mail_settings(url).backend == "django.core.mail.backends.console.EmailBackend"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "use a URL that begins with smtp://"),
        ("mail.example:25", "use a URL that begins with smtp://"),
        ("http://mail.example", "use a URL that begins with smtp://"),
        ("smtp://", "use a URL like smtp://user:password@host:port"),
        ("smtp:mail.example", "use a URL like smtp://"),
        ("smtp://mail.example:port", "use a URL that begins with"),
        ("smtp://mail.example:99999", "use a URL that begins with"),
        ("smtp://ada:hush/h@mail.example", "percent-encode"),
        ("smtp://ada:hush#h@mail.example", "percent-encode"),
        ("smtp://ada:hush?h@mail.example", "percent-encode"),
        ("smtps://ada@mail.example", "use a URL like smtps://user:password@host:port, or without"),
        ("smtps://:hush@mail.example", "use a URL like smtps://"),
        ("smtp+tls://ada:hush@mail.example?timeout=1", "percent-encode"),
        ("smtp://[mail.example", "use a URL that begins with"),
        ("file:", "use a URL like file:///var/mail"),
        ("file:///", "use a URL like file:///var/mail"),
        ("file://mail/folder", "use a URL like file:///var/mail"),
        ("anymail+acme:?api_key=hush", "django-anymail has no acme"),
        ("anymail+:?api_key=hush", "django-anymail has no"),
        ("anymail+postmark://hush", r"use a URL like anymail\+postmark:\?name=value"),
        ("anymail+postmark:?server_token=a#hush", "percent-encode"),
    ],
)
def test_another_url_is_an_error_without_its_secrets(url: str, message: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"^EMAIL_URL: .*{message}") as raised:
        mail_settings(url)

    assert "hush" not in str(raised.value)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("Tenantry <no-reply@example.com>", "Tenantry <no-reply@example.com>"),
        ("no-reply@example.com", "no-reply@example.com"),
        ('"Acme, Inc." <no-reply@bücher.example>', '"Acme, Inc." <no-reply@xn--bcher-kva.example>'),
        ("Bücher <no-reply@example.com>", "=?utf-8?q?B=C3=BCcher?= <no-reply@example.com>"),
    ],
)
def test_the_sender_has_a_name_and_an_address(given: str, read: str) -> None:
    assert sender(given, needed=True) == read


@pytest.mark.parametrize(
    "given",
    [
        "",
        "Tenantry",
        "no-reply@",
        "a@b@example.com",
        "Tenantry <no-reply@example.com>\nBcc: x@y.zz",
    ],
)
def test_another_sender_is_an_error(given: str) -> None:
    with pytest.raises(
        ImproperlyConfigured, match=r"(?s)^DEFAULT_FROM_EMAIL=.*: use an address like"
    ):
        sender(given, needed=True)


def test_files_need_no_sender() -> None:
    assert sender("", needed=False) == "Tenantry <tenantry@localhost>"


@pytest.mark.parametrize(
    ("provider", "settings_of_anymail", "found"),
    [
        ("postmark", {}, ["EMAIL_URL: anymail+postmark needs server_token."]),
        (
            "unisender_go",
            {"UNISENDER_GO_API_KEY": "k"},
            ["EMAIL_URL: anymail+unisender-go needs api_url."],
        ),
        ("postmark", {"POSTMARK_SERVER_TOKEN": "k"}, []),
    ],
)
def test_a_missing_setting_of_a_provider_is_an_error_at_the_start(
    settings: Settings, provider: str, settings_of_anymail: dict[str, str], found: list[str]
) -> None:
    settings.EMAIL_BACKEND = f"anymail.backends.{provider}.EmailBackend"
    settings.ANYMAIL = settings_of_anymail

    assert [each.msg for each in run_checks() if each.id == "mail.E001"] == found


@pytest.mark.parametrize(
    ("backend", "ids"),
    [("NoBackend", ["mail.W001"]), ("FileBackend", [])],
)
def test_a_deployment_without_mail_is_a_warning(
    settings: Settings, backend: str, ids: list[str]
) -> None:
    settings.EMAIL_BACKEND = f"shared_apps.jobs.mail.backends.{backend}"

    found = run_checks(include_deployment_checks=True)

    assert [each.id for each in found if str(each.id).startswith("mail")] == ids
    assert not [each.id for each in run_checks() if str(each.id).startswith("mail")]


def test_a_mail_server_that_does_not_respond_is_left_after_30_seconds(settings: Settings) -> None:
    settings.EMAIL_BACKEND = SMTP
    connection: Any = get_connection()

    assert connection.timeout == configured.EMAIL_TIMEOUT == 30
