"""Settings are secure by default; wrong ones stop the service when it starts."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

ROOT = Path(__file__).parents[2]
PRODUCTION = {
    "PATH": os.environ["PATH"],
    "SECRET_KEY": "a9$Kq!zR7w@Lm3#Xp5^Vt8&Bn1*Hd4(Js6)Gf2_Cy0+Eu-Io=TQWPLM",
    "DATABASE_URL": "postgres://user@127.0.0.1:1/nothing",
    "ALLOWED_HOSTS": "tenantry.example",
    "EMAIL_URL": "smtp://mail.example",
    "DEFAULT_FROM_EMAIL": "no-reply@tenantry.example",
    "PUBLIC_URL": "https://tenantry.example",
}
SHOW_TIMEOUTS = (
    "from django.conf import settings; own = settings.DATABASES['default'];"
    "print(own['STATEMENT_TIMEOUT'], own['IDLE_IN_TRANSACTION_TIMEOUT'])"
)


def manage(*arguments: str, **environment: str | None) -> subprocess.CompletedProcess[str]:
    """Run manage.py with the environment of production and changes; None removes a variable."""
    return python("manage.py", *arguments, **environment)


def shown(expression: str, **environment: str | None) -> str:
    """Return what Python prints of the settings; the environment is as in `manage`."""
    done = python("-c", f"from config import settings; print({expression})", **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def python(*arguments: str, **environment: str | None) -> subprocess.CompletedProcess[str]:
    merged = {**PRODUCTION, **environment}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={key: value for key, value in merged.items() if value is not None},
        capture_output=True,
        text=True,
    )


def test_production_settings_pass_django_s_deployment_check() -> None:
    done = manage("check", "--deploy", "--fail-level=INFO")

    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.mark.parametrize("missing", ["SECRET_KEY", "DATABASE_URL"])
def test_a_missing_setting_is_named_at_the_start(missing: str) -> None:
    done = manage("check", **{missing: None})

    assert done.returncode == 1
    assert done.stderr.startswith(f"Set {missing}")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("debug", ["true", "false"])
@pytest.mark.parametrize("name", ["SECRET_KEY", "SECRET_KEY_FALLBACKS"])
@pytest.mark.parametrize("key", ["short", "a" * 60, f"django-insecure-{PRODUCTION['SECRET_KEY']}"])
def test_a_weak_key_is_rejected_in_development_too(
    monkeypatch: pytest.MonkeyPatch, name: str, key: str, debug: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match="to at least 50 random characters"):
        load(monkeypatch, **{name: key, "DEBUG": debug})


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("DATABASE_URL", "nonsense", "DATABASE_URL: use a URL like postgres://"),
        ("DATABASE_URL", "mysql://u:p@h/d", "DATABASE_URL: use a URL like"),
        ("DATABASE_URL", "postgres://u:hush/h@h/d", "percent-encode"),
        ("DATABASE_DIRECT_URL", "h:5432", "DATABASE_DIRECT_URL: use a URL like"),
        ("SECRET_KEY_FILE", "/not/there", "SECRET_KEY_FILE cannot be read: .*No such file"),
        ("REDIS_URL", "cache.example:6379", "REDIS_URL: use a URL"),
        ("EMAIL_URL", "mail.example", "EMAIL_URL: use a URL that begins with"),
        ("EMAIL_URL", "smtps://u:hush/h@h", "percent-encode"),
        ("DEFAULT_FROM_EMAIL", "", "DEFAULT_FROM_EMAIL=: use an address like"),
        ("PUBLIC_URL", "", "PUBLIC_URL=: use the address of the service"),
    ],
)
def test_an_invalid_value_is_named_without_its_secrets(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=message) as raised:
        load(monkeypatch, **{name: value})

    assert "hush" not in str(raised.value)


def load(monkeypatch: pytest.MonkeyPatch, **environment: str) -> None:
    """Load the settings of production, with changes."""
    for name, value in {**PRODUCTION, **environment}.items():
        monkeypatch.setenv(name, value)
    runpy.run_path(str(ROOT / "config" / "settings.py"))


@pytest.mark.parametrize(
    ("name", "value"),
    [("SECURE_SSL_REDIRECT", "enabled"), ("DEBUG", "flase"), ("CONN_MAX_AGE", "ten"),
     ("STATEMENT_TIMEOUT", "-1"), ("JOBS_PER_ORGANIZATION", "0"), ("JOBS_LEASE", "4"),
     ("API_TOKEN_LIFETIME_HOURS", "0"), ("SUPPORT_SESSION_MINUTES", "0"),
     ("MAX_BODY_SIZE", "0")],
)  # fmt: skip
def test_an_invalid_value_is_named_and_does_not_count_as_false(name: str, value: str) -> None:
    done = manage("check", **{name: value})

    assert done.returncode != 0
    assert f"{name}={value.lower()}" in done.stderr


@pytest.mark.parametrize(
    ("url", "classes"),
    [
        (None, "TenantLocMemCache LocMemCache"),
        ("redis://:a,b@c/1", "TenantRedisCache SharedRedisCache"),
    ],
)
def test_the_cache_is_in_memory_without_a_redis_url(url: str | None, classes: str) -> None:
    show = (
        "from django.core.cache import caches; both = caches['default'], caches['shared'];"
        "print(*(type(cache).__name__ for cache in both), *getattr(both[0], '_servers', ()))"
    )

    done = manage("shell", "--no-imports", "-c", show, REDIS_URL=url)

    assert done.stdout.strip() == f"{classes} {url or ''}".strip(), done.stderr


@pytest.mark.parametrize(("given", "timeouts"), [(None, "0 0"), ("5", "5 5"), ("0", "0 0")])
def test_commands_have_no_timeout_by_default(given: str | None, timeouts: str) -> None:
    given_both = {"STATEMENT_TIMEOUT": given, "IDLE_IN_TRANSACTION_TIMEOUT": given}

    done = manage("shell", "--no-imports", "-c", SHOW_TIMEOUTS, **given_both)

    assert done.stdout.strip() == timeouts, done.stderr


def test_requests_have_timeouts_by_default() -> None:
    done = python("-c", f"import config.wsgi; {SHOW_TIMEOUTS}")

    assert done.stdout.split() == ["10000", "60000"], done.stderr


@pytest.mark.parametrize(("name", "value"), [("LOG_FORMAT", "yaml"), ("SIGN_UP", "everyone")])
def test_an_unknown_word_is_named(name: str, value: str) -> None:
    done = manage("check", **{name: value})

    assert done.returncode != 0
    assert f"{name}={value}: use" in done.stderr


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "False WARNING"),
        ({"LOG_REQUESTS": "false"}, "False WARNING"),
        ({"LOG_REQUESTS": "true"}, "True ERROR"),
    ],
)
def test_with_request_lines_django_logs_no_client_errors(
    given: dict[str, str], expected: str
) -> None:
    level = "settings.LOGGING['loggers']['django.request']['level']"

    assert shown(f"settings.LOG_REQUESTS, {level}", **given) == expected


def test_hosts_can_have_spaces_between_them() -> None:
    hosts = shown("*settings.ALLOWED_HOSTS", ALLOWED_HOSTS="a.example, b.example,")

    assert hosts == "a.example b.example"


def test_the_readme_lists_every_setting() -> None:
    source = (ROOT / "config" / "settings.py").read_text()
    read = set(re.findall(r'\b(?:flag|number|words|env\.\w+)\(\s*"([A-Z_]+)"', source))
    table = (ROOT / "README.md").read_text().partition("## Settings")[2].partition("\n## ")[0]

    assert read
    assert read <= set(re.findall(r"`([A-Z_]+)`", table))


def test_a_secret_can_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("from-a-file-" * 5)

    key = shown("settings.SECRET_KEY", SECRET_KEY=None, SECRET_KEY_FILE=str(secret))

    assert key == "from-a-file-" * 5


@pytest.mark.parametrize(
    ("query", "timeouts"),
    [("", "5 30000"), ("?connect_timeout=9&tcp_user_timeout=100", "9 100")],
)
def test_an_unreachable_database_is_an_error_within_seconds(query: str, timeouts: str) -> None:
    options = "settings.DATABASES['default']['OPTIONS']"
    both = f"{options}['connect_timeout'], {options}['tcp_user_timeout']"

    assert shown(both, DATABASE_URL=f"{PRODUCTION['DATABASE_URL']}{query}") == timeouts


def test_plain_http_is_redirected_to_https(client: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True

    response: Any = Client().get("/api/items/")

    assert (response.status_code, response["Location"]) == (301, "https://testserver/api/items/")


def test_models_and_migrations_agree(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("makemigrations", "--check", "--dry-run")

    assert "No changes" in capsys.readouterr().out
