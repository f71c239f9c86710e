"""After SIGINT or SIGKILL at any moment the next run continues."""

import os
import random
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest

from tenantry.fleet import state
from tests.conftest import connect

from .conftest import (
    MigrationWriter,
    Sql,
    add_tenants,
    has_column,
    run_fleet,
    start,
    wait_for_lock,
)
from .sample_migrations import COLOR, add_field

pytestmark = [pytest.mark.django_db, pytest.mark.proof]

NAMES = [f"t{number}" for number in range(10)]


@contextmanager
def blocked_from_t3_on(
    database: str, sql: Sql, migrations: MigrationWriter
) -> Iterator[Callable[[], None]]:
    """Block migrations of the tenants t3 to t9; yields a function that releases them."""
    migrations.add(
        "tenantry_items",
        "0002_waits",
        f"""
        {COLOR},
        migrations.RunSQL(
            "SELECT pg_advisory_xact_lock_shared(4711) WHERE current_schema() BETWEEN 't3' AND 't9'"
        ),
        """,
        after="tenantry_items.0001_item",
    )
    with closing(connect(database)) as gate:
        gate.autocommit = False
        gate.cursor().execute("SELECT pg_advisory_xact_lock(4711)")
        yield gate.rollback


def migrated(sql: Sql) -> list[str]:
    """Return the tenants with the column; django_migrations and the states agree."""
    names = ["acme", "globex", *NAMES]
    done = [name for name in names if has_column(sql, name, "color")]
    assert done == [
        name
        for name in names
        if sql(
            f"SELECT 1 FROM {name}.django_migrations WHERE app = 'tenantry_items' AND name ~ '0002'"
        )
    ]
    assert not set(done).intersection(state.pending())
    assert set(names).difference(done) <= set(state.pending())
    return done


def assert_the_next_run_completes(sql: Sql) -> None:
    assert run_fleet().failures == []
    assert migrated(sql) == ["acme", "globex", *NAMES]


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_finishes_the_current_tenant_and_the_next_run_continues(
    jobs: int, migrations: MigrationWriter, sql: Sql, database: str
) -> None:
    add_tenants(*NAMES)
    with blocked_from_t3_on(database, sql, migrations) as release:
        process = start(f"migrate_tenants --jobs {jobs} --lock-timeout 0", migrations)
        wait_for_lock(sql, jobs)
        process.send_signal(signal.SIGINT)
        if jobs > 1:  # A single process waits for PostgreSQL and handles the signal afterwards.
            assert process.stderr
            assert "Stopping after the current tenants" in process.stderr.readline()
        release()
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "it was interrupted. Run it again to continue." in errors
    done = migrated(sql)
    assert "t3" in done
    assert "t9" not in done
    report = run_fleet()
    assert report.migrated == len(NAMES) + 2 - len(done)
    assert migrated(sql) == ["acme", "globex", *NAMES]


def test_a_second_ctrl_c_rolls_the_current_tenants_back(
    migrations: MigrationWriter, sql: Sql, database: str
) -> None:
    add_tenants(*NAMES)
    with blocked_from_t3_on(database, sql, migrations):
        process = start("migrate_tenants --jobs 2 --lock-timeout 0", migrations)
        wait_for_lock(sql, 2)
        process.send_signal(signal.SIGINT)
        assert process.stderr
        assert "a second signal rolls them back" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert (
        errors == "CommandError: Stopped, because it was interrupted. Run it again to continue.\n"
    )
    assert "t3" not in migrated(sql)
    assert_the_next_run_completes(sql)


@pytest.mark.parametrize("jobs", [1, 2])
def test_each_tenant_is_unchanged_or_complete_after_a_killed_run(
    jobs: int, migrations: MigrationWriter, sql: Sql, database: str
) -> None:
    add_tenants(*NAMES)
    with blocked_from_t3_on(database, sql, migrations) as release:
        process = start(f"migrate_tenants --jobs {jobs} --lock-timeout 0", migrations)
        wait_for_lock(sql, jobs)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
        release()
    assert "t3" not in migrated(sql)
    assert_the_next_run_completes(sql)


def test_workers_do_not_outlive_a_killed_parent(
    migrations: MigrationWriter, sql: Sql, database: str
) -> None:
    add_tenants(*NAMES)
    with blocked_from_t3_on(database, sql, migrations) as release:
        process = start("migrate_tenants --jobs 2 --lock-timeout 0", migrations)
        wait_for_lock(sql, 2)
        process.kill()
        process.wait()
        release()
        process.communicate(timeout=60)  # The last worker closes the pipe.
    assert_the_next_run_completes(sql)


def test_a_killed_worker_is_reported_and_the_others_continue(
    migrations: MigrationWriter, sql: Sql
) -> None:
    add_tenants(*NAMES)
    migrations.add(
        "tenantry_items",
        "0002_kills",
        f"{COLOR}, migrations.RunPython(kill_worker_in_t3)",
        after="tenantry_items.0001_item",
    )
    process = start("migrate_tenants --jobs 2", migrations)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert errors.startswith("t3: The worker process died.\n")
    assert migrated(sql) == ["acme", "globex", *(name for name in NAMES if name != "t3")]
    assert run_fleet(only_failed=True).failures == []
    assert migrated(sql) == ["acme", "globex", *NAMES]


def test_a_run_killed_at_random_moments_completes(migrations: MigrationWriter, sql: Sql) -> None:
    add_tenants(*(f"many{number}" for number in range(100)), *NAMES)
    add_field(migrations)
    seed = random.randrange(10_000)
    dice = random.Random(seed)
    for _ in range(12):
        process = start("migrate_tenants --jobs 2", migrations)
        try:
            process.wait(timeout=dice.uniform(0.7, 1.6))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
        migrated(sql)
    assert run_fleet().failures == [], f"seed {seed}"
    assert state.pending() == []
