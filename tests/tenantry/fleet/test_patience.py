"""How long a run waits for locks, and for statements: the requests' limits are not its own."""

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
from tenantry.fleet.locks import Patience
from tests.conftest import connect

from .conftest import Scripts, Sql, add_tenants, has_column, run_fleet
from .scripts import add_field, index_concurrently, not_atomic

pytestmark = [pytest.mark.django_db, pytest.mark.proof]

LOCK_TIMEOUT = 0.1


@contextmanager
def reader(database: str, table: str) -> Iterator[None]:
    """Somebody is reading a table for as long as the block lasts."""
    with _locked(database, table, "ACCESS SHARE"):
        yield


@contextmanager
def locked_until_noticed(database: str, table: str, mode: str = "ACCESS SHARE") -> Iterator[None]:
    """Somebody uses a table until the migration has waited for it, and a good while longer.

    By then a wait with the timeout that these tests set is over, whatever the machine is up to.
    """
    with _locked(database, table, mode) as user:
        letting_go = Thread(target=_let_go_once_noticed, args=(database, user))
        letting_go.start()
        try:
            yield
        finally:
            letting_go.join()


@contextmanager
def _locked(database: str, table: str, mode: str) -> Iterator[Connection]:
    with closing(connect(database)) as user:
        user.autocommit = False
        user.cursor().execute(f"LOCK TABLE {table} IN {mode} MODE")
        yield user


def _let_go_once_noticed(database: str, user: Connection) -> None:
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
    user.rollback()


@pytest.mark.parametrize("canary", [0, 2])
def test_a_lock_that_is_not_free_is_tried_again_after_the_others(
    scripts: Scripts, sql: Sql, database: str, canary: int
) -> None:
    add_field(scripts)
    with locked_until_noticed(database, "acme.tenantry_items_item"):
        report = run_fleet(lock_timeout=LOCK_TIMEOUT, canary=canary)
    assert report.failures == []
    assert has_column(sql, "acme", "color")


def test_a_lock_that_is_never_free_is_a_failure_in_the_end(
    scripts: Scripts, sql: Sql, database: str
) -> None:
    add_field(scripts)
    with reader(database, "acme.tenantry_items_item"):
        (failure,) = run_fleet(lock_timeout=0.05, lock_retries=1).failures
    assert failure.schema_name == "acme"
    assert "lock timeout" in str(failure.error)
    assert state.failed() == ["acme"]
    assert has_column(sql, "globex", "color")


def test_outside_a_transaction_the_statement_that_got_no_lock_is_sent_again(
    scripts: Scripts, sql: Sql, database: str
) -> None:
    not_atomic(scripts)
    with locked_until_noticed(database, "acme.tenantry_items_item"):
        assert run_fleet(lock_timeout=LOCK_TIMEOUT).failures == []
    assert has_column(sql, "acme", "color")


def test_what_may_be_half_done_says_so_and_is_not_begun_again(
    scripts: Scripts, sql: Sql, database: str
) -> None:
    not_atomic(scripts)
    with reader(database, "acme.tenantry_items_item"):
        (failure,) = run_fleet(lock_timeout=0.05, lock_retries=1).failures
    assert failure.schema_name == "acme"
    assert not failure.blocked
    assert str(failure.error).startswith(
        "NonAtomicMigrationFailed: The migration tenantry_items.0002_color "
        "is not atomic and may be half done: "
        "OperationalError: canceling statement due to lock timeout"
    )
    assert has_column(sql, "globex", "color")
    assert run_fleet().failures == []


def test_a_concurrent_index_waits_for_old_transactions_as_long_as_it_takes(
    scripts: Scripts, sql: Sql, database: str
) -> None:
    """Cut short it would be left behind, invalid."""
    index_concurrently(scripts)
    with locked_until_noticed(database, "acme.tenantry_items_item", "ROW EXCLUSIVE"):
        assert run_fleet(lock_timeout=LOCK_TIMEOUT, lock_retries=0).failures == []
    assert sql("SELECT FROM pg_index WHERE NOT indisvalid") == []


def add_nickname(scripts: Scripts) -> None:
    scripts.add(
        "tenantry_users",
        "0003_nickname",
        "AddField('user', 'nickname', models.CharField(max_length=9, default=''))",
        after="tenantry_users.0002_api_token",
    )


def test_public_waits_no_longer_than_tenants_and_is_tried_again(
    scripts: Scripts, database: str
) -> None:
    add_nickname(scripts)
    with locked_until_noticed(database, "tenantry_users_user"):
        assert run_fleet(lock_timeout=LOCK_TIMEOUT).failures == []
    assert state.pending() == []


def test_without_its_lock_public_fails_and_no_tenant_is_touched(
    scripts: Scripts, sql: Sql, database: str
) -> None:
    add_nickname(scripts)
    add_field(scripts)
    with reader(database, "tenantry_users_user"):
        with pytest.raises(PublicFailed, match="public failed, so no tenant was touched: canc"):
            run_fleet(lock_timeout=0.05, lock_retries=1)
        with pytest.raises(CommandError, match=r"^public failed.*lock timeout"):
            call_command("migrate_tenants", lock_timeout=0.05, lock_retries=0, verbosity=0)
    assert not has_column(sql, "acme", "color")
    assert {"public", "acme"} < set(state.pending())


def test_a_timeout_below_a_millisecond_is_not_for_ever() -> None:
    assert Patience(0.0001, 0).as_parameter == "1ms"
    assert Patience(0, 0).as_parameter == "0ms"
    assert Patience(2.5, 0).as_parameter == "2500ms"


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_cuts_a_long_request_does_not_cut_a_long_migration(
    scripts: Scripts, sql: Sql, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    monkeypatch.setitem(connection.settings_dict, "STATEMENT_TIMEOUT", 200)
    connection.close()
    add_tenants(*(f"t{number}" for number in range(4)))
    sleep = "RunSQL('SELECT pg_sleep(0.3)', hints={'everywhere': True})"
    scripts.add("tenantry_items", "0002_long", sleep, after="tenantry_items.0001_item")
    scripts.add("tenantry_users", "0003_long", sleep, after="tenantry_users.0002_api_token")

    assert run_fleet(jobs=jobs).failures == []

    assert state.pending() == []
    assert timeout() == "200ms"


def timeout() -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        return cursor.fetchone()[0]
