"""What an operator relies on when a fleet is migrated."""

import json
import threading
from collections.abc import Callable
from contextlib import closing

import pytest
from django.core.management import CommandError, call_command
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import connection
from django.db.migrations.exceptions import InconsistentMigrationHistory
from django.db.models.signals import post_migrate
from django.test.utils import CaptureQueriesContext

from shared_apps.organizations.services import find_user, organization_create
from shared_apps.tenancy.context import tenant_context
from shared_apps.tenancy.errors import RunInProgress, TemplateFailed, UnknownTenant
from shared_apps.tenancy.fleet import state, workers
from shared_apps.tenancy.fleet.locks import run_lock
from shared_apps.tenancy.fleet.plan import Plans
from shared_apps.tenancy.fleet.schema import Outcome, migrate_schema
from shared_apps.tenancy.fleet.state import SchemaState
from shared_apps.tenancy.fleet.target import Target
from tests.conftest import connect

from .conftest import Scripts, add_empty_tenant, add_tenants, run_fleet
from .test_identical import COLOR, add_field

pytestmark = pytest.mark.django_db

Sql = Callable[..., list[tuple[object, ...]]]


def has_column(sql: Sql, schema_name: str, column: str) -> bool:
    return bool(
        sql(
            "SELECT 1 FROM information_schema.columns "
            "WHERE table_schema = %s AND table_name = 'items_item' AND column_name = %s",
            schema_name,
            column,
        )
    )


def fail_in_globex(scripts: Scripts) -> None:
    scripts.add(
        "items",
        "0002_fails",
        f"{COLOR}, migrations.RunPython(fail_in_globex, migrations.RunPython.noop)",
        after="items.0001_item",
    )


def test_with_nothing_to_do_one_query_is_all(sql: Sql) -> None:
    run_fleet()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        report = run_fleet()
    assert report.total == 0
    assert len([query for query in queries if "SET search_path" not in query["sql"]]) == 1


def test_a_failing_tenant_is_named_and_the_others_are_migrated(scripts: Scripts, sql: Sql) -> None:
    add_tenants("zeta")
    fail_in_globex(scripts)
    (failure,) = run_fleet().failures
    assert failure.schema_name == "globex"
    assert failure.error == "ValueError: globex has too many items"
    assert has_column(sql, "acme", "color")
    assert has_column(sql, "zeta", "color")
    assert not has_column(sql, "globex", "color")
    assert state.failed() == ["globex"]
    row = SchemaState.objects.get(pk="globex")
    assert (row.attempts, row.error) == (1, failure.error)


def test_a_failed_tenant_is_tried_again_and_its_error_forgotten(scripts: Scripts, sql: Sql) -> None:
    fail_in_globex(scripts)
    run_fleet()
    assert run_fleet(only_failed=True).failures
    assert SchemaState.objects.get(pk="globex").attempts == 2
    scripts.remove("items", "0002_fails")
    scripts.add("items", "0002_fails", COLOR, after="items.0001_item")
    report = run_fleet(only_failed=True)
    assert (report.total, report.migrated) == (1, 1)
    assert SchemaState.objects.get(pk="globex").error == ""
    assert has_column(sql, "globex", "color")


def test_the_command_names_failures_and_exits_with_1(
    scripts: Scripts, capsys: pytest.CaptureFixture[str]
) -> None:
    fail_in_globex(scripts)
    with pytest.raises(CommandError, match="1 failed") as error:
        call_command("migrate_tenants", jobs=1)
    assert error.value.returncode == 1
    assert "globex: ValueError: globex has too many items" in capsys.readouterr().err


def test_tenants_at_three_starting_points_all_arrive(scripts: Scripts, sql: Sql) -> None:
    add_field(scripts)
    run_fleet(tenants=("acme",))
    scripts.add(
        "items",
        "0003_size",
        "migrations.AddField('item', 'size', models.IntegerField(null=True))",
        after="items.0002_color",
    )
    add_empty_tenant(sql, "zeta")
    report = run_fleet()
    assert (report.total, report.migrated) == (3, 3)
    for schema_name in ("acme", "globex", "zeta", "tenancy_template"):
        assert has_column(sql, schema_name, "color")
        assert has_column(sql, schema_name, "size")
    assert state.pending() == []


def test_a_migration_inserted_below_a_leaf_is_not_overlooked(scripts: Scripts, sql: Sql) -> None:
    scripts.add("items", "0003_color", COLOR, after="items.0001_item")
    run_fleet(tenants=("acme",))
    scripts.remove("items", "0003_color")
    scripts.add(
        "items",
        "0002_size",
        "migrations.AddField('item', 'size', models.IntegerField(null=True))",
        after="items.0001_item",
    )
    scripts.add("items", "0003_color", COLOR, after="items.0002_size")
    assert {"acme", "globex"} < set(state.pending())
    # Whoever has the leaf already is refused, by Django's own check, as by migrate_schemas.
    with pytest.raises(InconsistentMigrationHistory):
        run_fleet()
    sql("DELETE FROM django_migrations WHERE name = '0003_color'")
    sql("DELETE FROM tenancy_template.django_migrations WHERE name = '0003_color'")
    sql("ALTER TABLE tenancy_template.items_item DROP COLUMN color")
    (failure,) = run_fleet().failures
    assert failure.schema_name == "acme"
    assert "items.0003_color is applied before its dependency items.0002_size" in str(failure.error)
    assert has_column(sql, "globex", "size")


def test_an_added_squash_is_recorded_though_nothing_runs(scripts: Scripts, sql: Sql) -> None:
    add_field(scripts)
    run_fleet()
    scripts.add(
        "items",
        "0001_squashed",
        COLOR,
        after="items.0001_item",
        replaces="[('items', '0002_color')]",
    )
    report = run_fleet()
    assert (report.migrated, report.unchanged) == (0, 2)
    assert sql("SELECT 1 FROM acme.django_migrations WHERE name = '0001_squashed'")
    assert state.pending() == []


def test_migrating_backwards_leaves_tenants_behind_and_forwards_again_mends_it(
    scripts: Scripts, sql: Sql
) -> None:
    add_field(scripts)
    run_fleet()
    run_fleet("items", "0001")
    assert not has_column(sql, "acme", "color")
    assert {"acme", "globex", "tenancy_template"} < set(state.pending())
    run_fleet()
    assert has_column(sql, "acme", "color")
    assert state.pending() == []


def test_what_cannot_be_undone_is_refused_before_any_tenant_is_touched(
    scripts: Scripts, sql: Sql
) -> None:
    scripts.add(
        "items",
        "0002_color",
        f"{COLOR}, migrations.RunPython(name_colors)",
        after="items.0001_item",
    )
    run_fleet()
    with pytest.raises(CommandError, match="not reversible"):
        call_command("migrate_tenants", "items", "0001", verbosity=0)
    assert has_column(sql, "acme", "color")


def test_one_tenant_can_be_migrated_alone(scripts: Scripts, sql: Sql) -> None:
    add_field(scripts)
    run_fleet(tenants=("acme",))
    assert has_column(sql, "acme", "color")
    assert not has_column(sql, "globex", "color")
    with pytest.raises(UnknownTenant, match="nosuch"):
        run_fleet(tenants=("acme", "nosuch"))


def test_a_failing_canary_keeps_the_rest_as_it_was(scripts: Scripts, sql: Sql) -> None:
    add_tenants("aardvark")
    add_empty_tenant(sql, "zeta")
    scripts.add(
        "items",
        "0002_fails",
        f"{COLOR}, migrations.RunPython(fail_in_globex)",
        after="items.0001_item",
    )
    report = run_fleet(canary=3)
    assert [failure.schema_name for failure in report.failures] == ["globex"]
    assert report.left == 1
    assert has_column(sql, "acme", "color")
    assert not sql("SELECT to_regclass('zeta.items_item')")[0][0]


def test_a_failing_template_keeps_every_tenant_as_it_was(scripts: Scripts, sql: Sql) -> None:
    scripts.add(
        "items",
        "0002_fails",
        f"{COLOR}, migrations.RunSQL('SELECT 1/0')",
        after="items.0001_item",
    )
    with pytest.raises(TemplateFailed, match="division by zero"):
        run_fleet()
    assert not has_column(sql, "acme", "color")


def test_states_that_are_wrong_are_found_by_verify(scripts: Scripts, sql: Sql) -> None:
    add_field(scripts)
    run_fleet()
    sql("ALTER TABLE acme.items_item DROP COLUMN color")
    sql("DELETE FROM acme.django_migrations WHERE name = '0002_color'")
    assert run_fleet().total == 0
    report = run_fleet(verify=True)
    assert (report.migrated, report.unchanged) == (1, 1)
    assert has_column(sql, "acme", "color")


def test_migrate_schemas_keeps_the_states_true(scripts: Scripts, sql: Sql) -> None:
    add_field(scripts)
    call_command("migrate_schemas", verbosity=0)
    assert state.pending() == ["tenancy_template"]
    call_command("migrate_schemas", "items", "0001", schema_name="acme", verbosity=0)
    assert state.pending() == ["acme", "tenancy_template"]


def test_a_migrate_schemas_that_failed_leaves_the_tenant_behind(scripts: Scripts) -> None:
    fail_in_globex(scripts)
    # django-tenants leaves the schema active when a migration fails.
    with tenant_context(None), pytest.raises(ValueError, match="globex"):
        call_command("migrate_schemas", schema_name="globex", verbosity=0)
    assert "globex" in state.pending()


def test_manage_py_migrate_migrates_the_fleet(scripts: Scripts, sql: Sql) -> None:
    add_field(scripts)
    call_command("migrate", verbosity=0)
    assert has_column(sql, "acme", "color")
    assert has_column(sql, "tenancy_template", "color")
    assert state.pending() == []


def test_plan_shows_what_would_run_and_runs_nothing(
    scripts: Scripts, sql: Sql, capsys: pytest.CaptureFixture[str]
) -> None:
    add_field(scripts)
    call_command("migrate_tenants", plan=True)
    assert capsys.readouterr().out.splitlines() == [
        "public:",
        "  items.0002_color (only recorded)",
        "acme, globex, tenancy_template:",
        "  items.0002_color",
        "    Add field color to item",
    ]
    assert not has_column(sql, "acme", "color")


def test_only_tenant_apps_hear_of_a_tenant_and_public_is_not_told_twice(scripts: Scripts) -> None:
    heard: list[tuple[str, str]] = []

    def listen(sender: object, app_config: object, **_: object) -> None:
        heard.append((connection.schema_name, sender.label))  # type: ignore[attr-defined]

    add_field(scripts)
    post_migrate.connect(listen)
    try:
        run_fleet()
    finally:
        post_migrate.disconnect(listen)
    tenants = {label for schema_name, label in heard if schema_name == "acme"}
    assert tenants >= {"items", "orders"}
    assert tenants.isdisjoint({"users", "organizations", "auth"})
    assert {label for schema_name, label in heard if schema_name == "public"} > tenants


def test_a_lock_that_is_not_free_is_tried_again_after_the_others(
    scripts: Scripts, sql: Sql, database: str
) -> None:
    add_field(scripts)
    with closing(connect(database)) as reader:
        reader.autocommit = False
        reader.cursor().execute("SELECT * FROM acme.items_item")
        threading.Timer(0.6, reader.rollback).start()
        report = run_fleet(lock_timeout=0.1)
    assert report.failures == []
    assert has_column(sql, "acme", "color")


def test_a_lock_that_is_never_free_is_a_failure_in_the_end(
    scripts: Scripts, sql: Sql, database: str
) -> None:
    add_field(scripts)
    with closing(connect(database)) as reader:
        reader.autocommit = False
        reader.cursor().execute("SELECT * FROM acme.items_item")
        (failure,) = run_fleet(lock_timeout=0.05, lock_retries=1).failures
    assert failure.schema_name == "acme"
    assert "lock timeout" in str(failure.error)
    assert state.failed() == ["acme"]
    assert has_column(sql, "globex", "color")


def test_the_second_of_two_runs_says_so_and_leaves(scripts: Scripts, sql: Sql) -> None:
    add_field(scripts)
    with run_lock(), pytest.raises(RunInProgress, match=r"Another run.*PostgreSQL process"):
        run_fleet()
    assert not has_column(sql, "acme", "color")
    assert run_fleet().migrated == 2


def test_readers_of_other_tenants_never_wait(scripts: Scripts, sql: Sql, database: str) -> None:
    """While acme is being migrated, everything that serves globex can be read and written."""
    scripts.add(
        "items",
        "0002_waits",
        f"""
        {COLOR},
        migrations.RunSQL("SELECT pg_advisory_xact_lock(4711) WHERE current_schema() = 'acme'"),
        """,
        after="items.0001_item",
    )
    with closing(connect(database)) as gate:
        gate.autocommit = False
        gate.cursor().execute("SELECT pg_advisory_xact_lock_shared(4711)")
        run = threading.Thread(target=_run_and_close)
        run.start()
        try:
            wait_for_lock(sql)
            sql("SET lock_timeout = '50ms'")
            sql("SELECT * FROM globex.items_item")
            sql("UPDATE globex.items_item SET price = 1")
            sql("SELECT * FROM organizations_organization, users_user, organizations_membership")
            sql("UPDATE users_user SET name = name")
            sql("UPDATE tenancy_schemastate SET error = '' WHERE schema_name = 'globex'")
            locked = sql(
                """
                SELECT DISTINCT relnamespace::regnamespace::text
                FROM pg_locks JOIN pg_class ON pg_class.oid = relation
                WHERE mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock',
                    'AccessExclusiveLock') AND locktype = 'relation'
                """
            )
        finally:
            gate.rollback()
            run.join()
    assert locked == [("acme",)]


def test_two_that_migrate_one_schema_at_once_do_it_once(
    scripts: Scripts, sql: Sql, database: str
) -> None:
    """Should a run have lost its lock without knowing, each schema has one of its own."""
    scripts.add(
        "items",
        "0002_once",
        f"""
        {COLOR},
        migrations.RunSQL("INSERT INTO items_item (sku, description, price, is_active, "
            "created_at, updated_at, color) VALUES ('once', '', 1, true, now(), now(), '')"),
        migrations.RunSQL("SELECT pg_advisory_xact_lock_shared(4711)"),
        """,
        after="items.0001_item",
    )
    outcomes: list[Outcome] = []

    def migrate() -> None:
        outcomes.append(migrate_schema("acme", Plans(Target()), lock_timeout=0))
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
    assert sql("SELECT count(*) FROM acme.items_item WHERE sku = 'once'") == [(1,)]


def test_programs_read_the_result_as_json(
    scripts: Scripts, capsys: pytest.CaptureFixture[str]
) -> None:
    fail_in_globex(scripts)
    with pytest.raises(CommandError):
        call_command("migrate_tenants", json=True)
    result = json.loads(capsys.readouterr().out)
    assert result.pop("seconds") > 0
    assert result == {
        "migrated": 1,
        "unchanged": 0,
        "failed": [{"schema_name": "globex", "error": "ValueError: globex has too many items"}],
        "left": 0,
        "stopped": None,
    }


def test_manage_py_migrate_check_knows_the_whole_fleet(scripts: Scripts) -> None:
    run_fleet()
    with pytest.raises(SystemExit) as well:
        call_command("migrate", check_unapplied=True)
    add_field(scripts)
    call_command(DjangoMigrate(), verbosity=0)
    with pytest.raises(SystemExit) as behind:
        call_command("migrate", check_unapplied=True)
    assert (well.value.code, behind.value.code) == (0, 1)


def _run_and_close() -> None:
    try:
        run_fleet()
    finally:
        connection.close()


def wait_for_lock(sql: Sql, count: int = 1) -> None:
    query = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    while len(sql(query)) < count:
        threading.Event().wait(0.01)


def test_worker_processes_migrate_the_fleet(
    scripts: Scripts, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared_apps.tenancy.fleet.run.SCHEMAS_PER_JOB", 1)
    names = [f"t{number}" for number in range(6)]
    add_tenants(*names)
    fail_in_globex(scripts)
    report = run_fleet(jobs=3)
    assert report.migrated == 7
    assert [failure.schema_name for failure in report.failures] == ["globex"]
    assert all(has_column(sql, name, "color") for name in ["acme", *names])


def test_no_more_workers_than_the_server_has_connections_for(sql: Sql) -> None:
    ((limit,),) = sql("SELECT current_setting('max_connections')::int")
    assert 1 <= workers.usable_jobs(10_000) < int(str(limit))


def test_a_tenant_created_during_the_run_comes_out_migrated(
    scripts: Scripts, sql: Sql, database: str
) -> None:
    add_tenants(*(f"t{number:02}" for number in range(8)))
    add_field(scripts)
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


def test_a_tenant_copied_from_the_old_template_is_seen(scripts: Scripts, sql: Sql) -> None:
    """A creation that began before the template was migrated ends before the fleet is listed."""
    add_field(scripts)
    with closing(connect(connection.settings_dict["NAME"])) as creation:
        creation.autocommit = False
        cursor = creation.cursor()
        cursor.execute("SELECT pg_advisory_xact_lock_shared(2, 0)")
        run = threading.Thread(target=_run_and_close)
        run.start()
        wait_for_lock(sql)
        cursor.execute("CREATE SCHEMA late")
        cursor.execute(
            "INSERT INTO organizations_organization (schema_name, name, status, currency, "
            "created_at) VALUES ('late', 'late', 'active', 'EUR', now())"
        )
        creation.commit()
        run.join()
    assert has_column(sql, "late", "color")


def test_a_schema_without_an_organization_is_nobodys_business(sql: Sql) -> None:
    sql("CREATE SCHEMA stray")
    assert run_fleet(verify=True).total == 2


def test_an_organization_without_a_schema_is_a_failure_with_a_name(sql: Sql) -> None:
    add_empty_tenant(sql, "ghost")
    sql("DROP SCHEMA ghost")
    (failure,) = run_fleet().failures
    assert failure.schema_name == "ghost"


def test_a_connection_lost_in_one_tenant_is_that_tenants_failure(
    scripts: Scripts, sql: Sql
) -> None:
    scripts.add(
        "items",
        "0002_dies",
        f"""
        {COLOR},
        migrations.RunSQL(
            "SELECT pg_terminate_backend(pg_backend_pid()) WHERE current_schema() = 'acme'"
        ),
        """,
        after="items.0001_item",
    )
    (failure,) = run_fleet().failures
    assert failure.schema_name == "acme"
    assert not has_column(sql, "acme", "color")
    assert has_column(sql, "globex", "color")
