"""What goes over all tenants does not fill the memory of a server's connection."""

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
    """Grows by one with each connection that is closed; two tenants share none."""
    closed: list[str] = []
    close = connection.close
    monkeypatch.setattr(each, "TENANTS_PER_CONNECTION", 1)

    def count_and_close() -> None:
        closed.append("closed")
        close()

    monkeypatch.setattr(connection, "close", count_and_close)
    return closed


def test_a_command_over_all_tenants_closes_its_connection_now_and_then(closed: list[str]) -> None:
    run_fleet()
    for command in LOOPS:
        closed.clear()
        call_command(*command.split(), stdout=StringIO())
        assert len(closed) >= 2, command
        assert active_schema() is None, command


def test_a_transaction_keeps_its_connection(sql: Sql, closed: list[str]) -> None:
    with transaction.atomic():
        assert [*each.bounded(range(3))] == [0, 1, 2]
    assert closed == []
