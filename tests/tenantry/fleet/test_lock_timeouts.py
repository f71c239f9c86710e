"""Lock timeouts and retries of a run; the timeouts for requests do not apply to it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Event, Thread
from time import monotonic
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg2.extensions import connection as Connection  # noqa: N812 (a class)

from tenantry.errors import PublicFailed
from tenantry.fleet import state
from tenantry.fleet.locks import LockPolicy
from tests.conftest import connect

from .conftest import MigrationWriter, Sql, add_tenants, has_column, run_fleet
from .sample_migrations import add_field, index_concurrently, not_atomic

pytestmark = [pytest.mark.django_db, pytest.mark.proof]

LOCK_TIMEOUT = 0.1


@contextmanager
def read_lock(database: str, table: str) -> Iterator[None]:
    with _locked(database, table, "ACCESS SHARE"):
        yield


@contextmanager
def locked_until_waited_for(
    database: str, table: str, mode: str = "ACCESS SHARE"
) -> Iterator[None]:
    """Hold a lock until the migration waits for it, and then five lock timeouts longer."""
    with _locked(database, table, mode) as holder:
        release = Thread(target=_release_once_waited_for, args=(database, holder))
        release.start()
        try:
            yield
        finally:
            release.join()


@contextmanager
def _locked(database: str, table: str, mode: str) -> Iterator[Connection]:
    with closing(connect(database)) as holder:
        holder.autocommit = False
        holder.cursor().execute(f"LOCK TABLE {table} IN {mode} MODE")
        yield holder


def _release_once_waited_for(database: str, holder: Connection) -> None:
    with closing(connect(database)) as watcher, watcher.cursor() as cursor:
        waiting, deadline = 0, monotonic() + 60
        while not waiting and monotonic() < deadline:
            cursor.execute(
                "SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = database "
                "OR locktype = 'virtualxid' WHERE datname = current_database() AND NOT granted"
            )
            waiting = cursor.rowcount
            Event().wait(0.01)
    Event().wait(5 * LOCK_TIMEOUT)
    holder.rollback()


@pytest.mark.parametrize("canary", [0, 2])
def test_a_tenant_with_a_lock_timeout_is_retried_after_the_others(
    migrations: MigrationWriter, sql: Sql, database: str, canary: int
) -> None:
    add_field(migrations)
    with locked_until_waited_for(database, "acme.tenantry_items_item"):
        report = run_fleet(lock_timeout=LOCK_TIMEOUT, canary=canary)
    assert report.failures == []
    assert has_column(sql, "acme", "color")


def test_a_tenant_fails_after_its_last_lock_timeout(
    migrations: MigrationWriter, sql: Sql, database: str
) -> None:
    add_field(migrations)
    with read_lock(database, "acme.tenantry_items_item"):
        (failure,) = run_fleet(lock_timeout=0.05, lock_retries=1).failures
    assert failure.schema_name == "acme"
    assert "lock timeout" in str(failure.error)
    assert state.failed() == ["acme"]
    assert has_column(sql, "globex", "color")


def test_a_statement_outside_a_transaction_is_retried_after_a_lock_timeout(
    migrations: MigrationWriter, sql: Sql, database: str
) -> None:
    not_atomic(migrations)
    with locked_until_waited_for(database, "acme.tenantry_items_item"):
        assert run_fleet(lock_timeout=LOCK_TIMEOUT).failures == []
    assert has_column(sql, "acme", "color")


def test_a_partly_applied_migration_is_reported_and_not_retried(
    migrations: MigrationWriter, sql: Sql, database: str
) -> None:
    not_atomic(migrations)
    with read_lock(database, "acme.tenantry_items_item"):
        (failure,) = run_fleet(lock_timeout=0.05, lock_retries=1).failures
    assert failure.schema_name == "acme"
    assert not failure.blocked
    assert str(failure.error).startswith(
        "NonAtomicMigrationFailed: The migration tenantry_items.0002_color "
        "is not atomic and may be partly applied: "
        "OperationalError: canceling statement due to lock timeout"
    )
    assert has_column(sql, "globex", "color")
    assert run_fleet().failures == []


def test_a_concurrent_index_waits_for_old_transactions_without_limit(
    migrations: MigrationWriter, sql: Sql, database: str
) -> None:
    """A timeout would leave an invalid index."""
    index_concurrently(migrations)
    with locked_until_waited_for(database, "acme.tenantry_items_item", "ROW EXCLUSIVE"):
        assert run_fleet(lock_timeout=LOCK_TIMEOUT, lock_retries=0).failures == []
    assert sql("SELECT FROM pg_index WHERE NOT indisvalid") == []


def add_nickname(migrations: MigrationWriter) -> None:
    migrations.add(
        "tenantry_users",
        "0099_nickname",
        "AddField('user', 'nickname', models.CharField(max_length=9, default=''))",
        after="tenantry_users",
    )


def test_public_has_the_same_lock_timeout_and_is_retried(
    migrations: MigrationWriter, database: str
) -> None:
    add_nickname(migrations)
    with locked_until_waited_for(database, "tenantry_users_user"):
        assert run_fleet(lock_timeout=LOCK_TIMEOUT).failures == []
    assert state.pending() == []


def test_public_fails_after_its_last_lock_timeout_and_no_tenant_is_changed(
    migrations: MigrationWriter, sql: Sql, database: str
) -> None:
    add_nickname(migrations)
    add_field(migrations)
    with read_lock(database, "tenantry_users_user"):
        with pytest.raises(PublicFailed, match="public failed, so no tenant was changed: canc"):
            run_fleet(lock_timeout=0.05, lock_retries=1)
        with pytest.raises(CommandError, match=r"^public failed.*lock timeout"):
            call_command("migrate_tenants", lock_timeout=0.05, lock_retries=0, verbosity=0)
    assert not has_column(sql, "acme", "color")
    assert {"public", "acme"} < set(state.pending())


def test_a_timeout_below_a_millisecond_is_rounded_up() -> None:
    assert LockPolicy(0.0001, 0).timeout_parameter == "1ms"
    assert LockPolicy(0, 0).timeout_parameter == "0ms"
    assert LockPolicy(2.5, 0).timeout_parameter == "2500ms"


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_statement_timeout_of_requests_does_not_cancel_a_migration(
    migrations: MigrationWriter, sql: Sql, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    monkeypatch.setitem(connection.settings_dict, "STATEMENT_TIMEOUT", 200)
    connection.close()
    add_tenants(*(f"t{number}" for number in range(4)))
    sleep = "RunSQL('SELECT pg_sleep(0.3)', hints={'everywhere': True})"
    migrations.add("tenantry_items", "0002_long", sleep, after="tenantry_items.0001_item")
    migrations.add("tenantry_users", "0099_long", sleep, after="tenantry_users")

    assert run_fleet(jobs=jobs).failures == []

    assert state.pending() == []
    assert timeout() == "200ms"


def timeout() -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        return cursor.fetchone()[0]
