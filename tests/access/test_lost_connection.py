"""After a restart of PostgreSQL the next request succeeds on a new connection."""

from collections.abc import Callable
from contextlib import closing
from typing import Any, cast

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shared_apps.organizations.models import Organization
from shared_apps.users.models import ApiToken, User
from tests.conftest import InThread, connect

SignIn = Callable[[User], Client]


def by_token(user: User) -> Client:
    assert user.organization
    _, token = ApiToken.objects.issue(user=user, organization=user.organization)
    return Client(headers={"Authorization": f"Token {token}"})


def by_session(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def cut() -> None:
    """End the connection of this thread, as a restart does, and wait until it has ended."""
    pid = connection.connection.info.backend_pid
    with closing(connect("postgres")) as server, server.cursor() as cursor:
        # The milliseconds to wait: https://www.postgresql.org/docs/18/functions-admin.html
        cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
        assert cursor.fetchone() == (True,)


@pytest.mark.parametrize("sign_in", [by_token, by_session])
@pytest.mark.parametrize("path", ["/api/orders/", "/api/me/"])
def test_a_dead_connection_is_replaced(
    in_thread: InThread, committed_organization: Organization, sign_in: SignIn, path: str
) -> None:
    def worker() -> tuple[int, bool]:
        client = sign_in(User.objects.get(organization=committed_organization))
        before = connection.connection
        cut()
        return client.get(path).status_code, connection.connection is not before

    assert in_thread(worker).result() == (200, True)


def test_a_query_that_times_out_is_not_repeated(
    in_thread: InThread, committed_organization: Organization
) -> None:
    def worker() -> tuple[int, int]:
        client = by_token(User.objects.get(organization=committed_organization))
        client.raise_request_exception = False
        with (
            closing(connect(connection.settings_dict["NAME"])) as other,
            cast("Any", connection).override_parameters(statement_timeout="50"),
            CaptureQueriesContext(connection) as sent,
        ):
            other.autocommit = False
            other.cursor().execute("LOCK TABLE tenantry_users_apitoken")
            status = client.get("/api/orders/").status_code
        return status, len(sent)

    assert in_thread(worker).result() == (503, 1)
