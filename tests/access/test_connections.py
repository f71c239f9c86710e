"""Requests of one worker reuse its connection to PostgreSQL."""

from http import HTTPStatus
from io import BytesIO
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test import RequestFactory

from shared_apps.organizations.models import Organization
from shared_apps.users.models import ApiToken, User
from tests.conftest import InThread

application = get_wsgi_application()


def request(token: str, path: str = "/api/orders/priced/") -> str:
    """Send one request as a WSGI server does, and return its status line."""
    environ = RequestFactory(headers={"Authorization": f"Token {token}"}).get(path).environ
    lines: list[str] = []

    def start_response(status: str, headers: Any, exc_info: Any = None) -> Any:
        lines.append(status)
        return BytesIO().write

    response: Any = application(environ, start_response)
    b"".join(response)
    response.close()
    return lines[0]


def connections_of_this_database() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND backend_type = 'client backend'"
        )
        return int(cursor.fetchone()[0])


def test_thirty_requests_on_one_worker_use_one_connection(
    in_thread: InThread, committed_organization: Organization
) -> None:
    def worker() -> tuple[int, int, set[str]]:
        user = User.objects.get(organization=committed_organization)
        _, token = ApiToken.objects.issue(user=user, organization=committed_organization)
        before = connections_of_this_database()
        responses = {request(token) for _ in range(30)}
        return before, connections_of_this_database(), responses

    before, after, responses = in_thread(worker).result()

    assert responses == {f"{HTTPStatus.OK.value} OK"}
    assert after <= before


def test_thirty_denied_requests_use_one_connection(
    in_thread: InThread, committed_organization: Organization
) -> None:
    def worker() -> tuple[int, int, set[str]]:
        before = connections_of_this_database()
        responses = {request("nonsense") for _ in range(30)}
        return before, connections_of_this_database(), responses

    before, after, responses = in_thread(worker).result()

    assert responses == {"401 Unauthorized"}
    assert after <= before
