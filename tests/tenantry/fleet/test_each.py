"""Commands over all tenants do not fill the memory of a PostgreSQL process."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from tenantry.context import active_schema
from tenantry.fleet import each

from .conftest import Sql, run_fleet

pytestmark = pytest.mark.django_db

LOOPS = [
    "check_references",
    "list_tenants --status",
    "refresh_sizes --drift",
    "migrate_tenants --verify --jobs 1",
    "migrate_tenants --verify --plan",
    "all_tenants_command check",
]


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Gets an entry for each closed connection; connections are closed after each tenant."""
    closed: list[str] = []
    close = connection.close
    monkeypatch.setattr(each, "TENANTS_PER_CONNECTION", 1)

    def count_and_close() -> None:
        closed.append("closed")
        close()

    monkeypatch.setattr(connection, "close", count_and_close)
    return closed


def test_a_command_over_all_tenants_closes_its_connection_regularly(closed: list[str]) -> None:
    run_fleet()
    for command in LOOPS:
        closed.clear()
        call_command(*command.split(), stdout=StringIO())
        assert len(closed) >= 2, command
        assert active_schema() is None, command


def test_the_connection_stays_open_in_a_transaction(sql: Sql, closed: list[str]) -> None:
    with transaction.atomic():
        assert [*each.reconnecting(range(3))] == [0, 1, 2]
    assert closed == []
