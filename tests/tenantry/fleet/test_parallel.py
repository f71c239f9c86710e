"""Runs in parallel with readers, new tenants and other runs, and with several workers."""

import threading
from contextlib import closing

import pytest
from django.db import connection

from shared_apps.organizations.services import organization_create
from shared_apps.users.services import find_user
from tenantry.errors import RunInProgress
from tenantry.fleet import state, workers
from tenantry.fleet.locks import LockPolicy, run_lock
from tenantry.fleet.migrate import migrate_schema
from tenantry.fleet.options import Outcome, Target
from tenantry.fleet.plan import Plans
from tests.conftest import connect

from .conftest import MigrationWriter, Sql, add_tenants, has_column, run_fleet, wait_for_lock
from .sample_migrations import COLOR, add_field, fail_in_globex

pytestmark = [pytest.mark.django_db, pytest.mark.proof]


def test_a_second_run_ends_with_an_error(migrations: MigrationWriter, sql: Sql) -> None:
    add_field(migrations)
    with run_lock(), pytest.raises(RunInProgress, match=r"Another run.*PostgreSQL process"):
        run_fleet()
    assert not has_column(sql, "acme", "color")
    assert run_fleet().migrated == 2


def test_readers_of_other_tenants_never_wait(
    migrations: MigrationWriter, sql: Sql, database: str
) -> None:
    """While acme is migrated, globex and the shared tables can be read and written."""
    migrations.add(
        "tenantry_items",
        "0002_waits",
        f"""
        {COLOR},
        migrations.RunSQL("SELECT pg_advisory_xact_lock(4711) WHERE current_schema() = 'acme'"),
        """,
        after="tenantry_items.0001_item",
    )
    with closing(connect(database)) as gate:
        gate.autocommit = False
        gate.cursor().execute("SELECT pg_advisory_xact_lock_shared(4711)")
        run = threading.Thread(target=_run_and_close)
        run.start()
        try:
            wait_for_lock(sql)
            sql("SET lock_timeout = '50ms'")
            sql("SELECT * FROM globex.tenantry_items_item")
            sql("UPDATE globex.tenantry_items_item SET price = 1")
            sql(
                "SELECT * FROM tenantry_organizations_organization, tenantry_users_user, "
                "tenantry_organizations_membership"
            )
            sql("UPDATE tenantry_users_user SET name = name")
            sql("UPDATE tenancy_schemastate SET error = '' WHERE schema_name = 'globex'")
            locked = sql(
                """
                SELECT DISTINCT relnamespace::regnamespace::text
                FROM pg_locks JOIN pg_class ON pg_class.oid = relation
                WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database())
                    AND mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock',
                    'AccessExclusiveLock') AND locktype = 'relation'
                """
            )
        finally:
            gate.rollback()
            run.join()
    assert locked == [("acme",)]


def test_two_runs_in_one_schema_migrate_it_once(
    migrations: MigrationWriter, sql: Sql, database: str
) -> None:
    """The lock of a schema protects it even if a run has lost its own lock."""
    migrations.add(
        "tenantry_items",
        "0002_once",
        f"""
        {COLOR},
        migrations.RunSQL("INSERT INTO tenantry_items_item (sku, description, price, is_active, "
            "created_at, updated_at, color) VALUES ('once', '', 1, true, now(), now(), '')"),
        migrations.RunSQL("SELECT pg_advisory_xact_lock_shared(4711)"),
        """,
        after="tenantry_items.0001_item",
    )
    outcomes: list[Outcome] = []

    def migrate() -> None:
        outcomes.append(migrate_schema("acme", Plans(Target()), LockPolicy(0, 0), verify=False))
        connection.close()

    with closing(connect(database)) as gate:
        gate.autocommit = False
        gate.cursor().execute("SELECT pg_advisory_xact_lock(4711)")
        both = [threading.Thread(target=migrate) for _ in range(2)]
        for thread in both:
            thread.start()
        wait_for_lock(sql, 2)
        gate.rollback()
        for thread in both:
            thread.join()
    assert sorted(outcome.migrations for outcome in outcomes) == [0, 1]
    assert sql("SELECT count(*) FROM acme.tenantry_items_item WHERE sku = 'once'") == [(1,)]


def _run_and_close() -> None:
    try:
        run_fleet()
    finally:
        connection.close()


def test_worker_processes_migrate_the_fleet(
    migrations: MigrationWriter, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenantry.fleet.run.SCHEMAS_PER_JOB", 1)
    names = [f"t{number}" for number in range(6)]
    add_tenants(*names)
    fail_in_globex(migrations)
    report = run_fleet(jobs=3)
    assert report.migrated == 7
    assert [failure.schema_name for failure in report.failures] == ["globex"]
    assert all(has_column(sql, name, "color") for name in ["acme", *names])


def test_a_run_has_no_more_workers_than_free_connections(sql: Sql) -> None:
    ((limit,),) = sql("SELECT current_setting('max_connections')::int")
    assert 1 <= workers.usable_jobs(10_000) < int(str(limit))


def test_a_tenant_created_during_a_run_is_migrated(
    migrations: MigrationWriter, sql: Sql, database: str
) -> None:
    add_tenants(*(f"t{number:02}" for number in range(8)))
    add_field(migrations)
    stop = threading.Event()
    created: list[str] = []

    def create() -> None:
        owner = find_user("alice@acme.example")
        try:
            while not stop.is_set():
                name = f"new{len(created)}"
                organization_create(schema_name=name, name=name, owner=owner)
                created.append(name)
        finally:
            connection.close()

    creator = threading.Thread(target=create)
    creator.start()
    try:
        while not created:
            stop.wait(0.01)
        assert run_fleet().failures == []
    finally:
        stop.set()
        creator.join()
    assert created
    assert state.pending() == []
    assert all(has_column(sql, name, "color") for name in created)


def test_a_tenant_copied_from_the_old_template_is_migrated(
    migrations: MigrationWriter, sql: Sql
) -> None:
    """The run waits for creations that started before the template's migration."""
    add_field(migrations)
    with closing(connect(connection.settings_dict["NAME"])) as creation:
        creation.autocommit = False
        cursor = creation.cursor()
        cursor.execute("SELECT pg_advisory_xact_lock_shared(2, 0)")
        run = threading.Thread(target=_run_and_close)
        run.start()
        wait_for_lock(sql)
        cursor.execute("CREATE SCHEMA late")
        cursor.execute(
            "INSERT INTO tenantry_organizations_organization (schema_name, name, status, currency, "
            "created_at) VALUES ('late', 'late', 'active', 'EUR', now())"
        )
        creation.commit()
        run.join()
    assert has_column(sql, "late", "color")


def test_a_connection_lost_in_one_tenant_fails_only_that_tenant(
    migrations: MigrationWriter, sql: Sql
) -> None:
    migrations.add(
        "tenantry_items",
        "0002_dies",
        f"""
        {COLOR},
        migrations.RunSQL(
            "SELECT pg_terminate_backend(pg_backend_pid()) WHERE current_schema() = 'acme'"
        ),
        """,
        after="tenantry_items.0001_item",
    )
    (failure,) = run_fleet().failures
    assert failure.schema_name == "acme"
    assert not has_column(sql, "acme", "color")
    assert has_column(sql, "globex", "color")


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_run_that_loses_its_lock_stops_with_a_report(
    migrations: MigrationWriter, sql: Sql, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    monkeypatch.setattr("tenantry.fleet.locks.SECONDS_BETWEEN_CHECKS", 0)
    add_tenants(*(f"t{number}" for number in range(8)))
    migrations.add(
        "tenantry_items",
        "0002_cuts",
        f"""
        {COLOR},
        migrations.RunSQL(
            "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database d ON d.oid = database "
            "WHERE datname = current_database() AND current_schema() <> 'tenancy_template' "
            "AND locktype = 'advisory' AND (classid, objid) = (1, 0)"
        ),
        """,
        after="tenantry_items.0001_item",
    )
    report = run_fleet(jobs=jobs)
    assert report.stopped == "the connection that held its lock was closed"
    assert report.failures == []
    assert 1 <= report.migrated <= jobs * 2
    assert report.left == 10 - report.migrated
    assert has_column(sql, "acme", "color")
    assert not has_column(sql, "t7", "color")

    # The migration closes the connection of this run's lock too; without checks it continues.
    monkeypatch.setattr("tenantry.fleet.locks.SECONDS_BETWEEN_CHECKS", 3600)
    assert run_fleet().stopped is None
    assert has_column(sql, "t7", "color")
