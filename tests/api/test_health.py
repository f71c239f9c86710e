"""/healthz: the process runs. /readyz: the database has the shared migrations."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

ROOT = Path(__file__).parents[2]
URLS = ("/healthz", "/readyz")


@pytest.mark.parametrize("url", URLS)
def test_healthz_and_readyz_are_200(client: Client, db: None, url: str) -> None:
    response = client.get(url)

    assert response.status_code == 200
    assert response.json() == {"status": "ok"}
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("url", URLS)
def test_load_balancers_can_use_head(client: Client, db: None, url: str) -> None:
    assert client.head(url).status_code == 200


@pytest.mark.parametrize("url", URLS)
def test_post_is_not_allowed(client: Client, db: None, url: str) -> None:
    assert client.post(url).status_code == 405


@pytest.mark.parametrize("url", URLS)
def test_a_probe_can_use_plain_http_and_any_host_name(
    client: Client, db: None, settings: Settings, url: str
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["tenantry.example"]

    for host in ("10.0.0.7:8000", "[fe80::1]", "tenantry_web_1", ""):
        assert client.get(url, headers={"Host": host}).status_code == 200


def test_other_paths_with_an_unknown_host_name_are_rejected(
    client: Client, settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = ["tenantry.example"]

    for url in ("/", "/healthz/", "/healthz/x", "/api/items/"):
        assert client.get(url, headers={"Host": "evil.example"}).status_code == 400


def test_healthz_needs_no_database(client: Client) -> None:
    """Without `db`, pytest-django blocks the database."""
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("app", ["tenantry_users", "tenantry_organizations", "sessions"])
def test_readyz_is_503_while_a_shared_migration_is_missing(
    client: Client, db: None, app: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = %s", [app])

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["code"] == "not_ready"


def test_without_a_database_readyz_is_503_and_healthz_200() -> None:
    code = (
        "import django; django.setup()\n"
        "from django.test import Client\n"
        "for url in ('/readyz', '/healthz'): print(Client().get(url).status_code)\n"
        "print(Client().get('/readyz').json()['code'])"
    )
    unreachable = "postgres://user@127.0.0.1:1/nothing"

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": unreachable,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "ALLOWED_HOSTS": "testserver",
        },
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == ["503", "200", "not_ready"]
