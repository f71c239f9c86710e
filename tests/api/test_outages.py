"""503 with Retry-After for temporary errors, 500 for bugs."""

from typing import Any

import pytest
from django.db import close_old_connections, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path
from pytest_django import Settings

from config.urls import handler500  # noqa: F401 (Django looks for it here)
from tests.conftest import InThread

TEMPORARY = {
    "08006": "a lost connection",
    "25006": "a write to a standby",
    "40P01": "a deadlock",
    "53100": "a full disk",
    "53200": "out of memory",
    "53300": "too many connections",
    "55P03": "a lock timeout",
    "57014": "a statement timeout",
    "57P01": "a shutdown",
    "58030": "a disk error",
}


def fail_with_code(request: HttpRequest, code: str) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute(f"DO $$BEGIN RAISE EXCEPTION 'a secret' USING ERRCODE = '{code}'; END$$")
    raise AssertionError


def fail_in_python(request: HttpRequest) -> HttpResponse:
    raise ConnectionError("not from the database")


def lose_connection(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    raise AssertionError


urlpatterns = [
    path("", include("config.urls")),
    path("accounts/fail/python", fail_in_python),
    path("accounts/fail/lost", lose_connection),
    path("accounts/fail/<str:code>", fail_with_code),
]


@pytest.fixture(autouse=True)
def service(settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__


def ask(path: str, accept: str = "application/json") -> Any:
    return Client(raise_request_exception=False).get(path, headers={"Accept": accept})


@pytest.mark.parametrize("code", TEMPORARY, ids=TEMPORARY.get)
def test_a_temporary_error_is_503(db: None, code: str) -> None:
    response = ask(f"/accounts/fail/{code}")

    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert response.json()["code"] == "unavailable"
    assert "secret" not in response.content.decode()


def test_browsers_get_a_page_that_needs_no_database(db: None) -> None:
    response = ask("/accounts/fail/53100", accept="text/html")

    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert "Check whether your change was saved" in response.content.decode()


@pytest.mark.parametrize("code", ["22003", "42P01", "54000", "XX000"])
def test_a_bug_is_500(db: None, code: str) -> None:
    assert ask(f"/accounts/fail/{code}").status_code == 500


def test_a_connection_error_outside_the_database_is_500() -> None:
    assert ask("/accounts/fail/python").status_code == 500


def test_a_connection_lost_in_a_view_is_503_and_the_next_request_is_served(
    in_thread: InThread,
) -> None:
    def worker() -> tuple[int, int]:
        lost = ask("/accounts/fail/lost").status_code
        close_old_connections()  # As after each request, the test client's excepted.
        return lost, ask("/readyz").status_code

    assert in_thread(worker).result() == (503, 200)
