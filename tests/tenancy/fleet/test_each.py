"""What goes over all tenants does not fill the memory of a server's connection."""

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from shared_apps.tenancy.context import tenant_context
from shared_apps.tenancy.fleet import each

from .conftest import Sql, run_fleet

pytestmark = pytest.mark.django_db

LOOPS = [
    "check_references",
    "clear_idempotency_keys",
    "list_tenants --status",
    "list_tenants --check",
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


@pytest.mark.parametrize("command", LOOPS)
def test_a_command_over_all_tenants_closes_its_connection_now_and_then(
    command: str, closed: list[str]
) -> None:
    run_fleet()
    closed.clear()
    with tenant_context(None):
        call_command(*command.split())
    assert len(closed) >= 2


def test_a_transaction_keeps_its_connection(sql: Sql, closed: list[str]) -> None:
    with transaction.atomic():
        assert [*each.bounded(range(3))] == [0, 1, 2]
    assert closed == []
