"""A run migrates the fleet and reports failures."""

import pytest
from django.db import connection
from django.db.migrations.exceptions import InconsistentMigrationHistory
from django.db.models.signals import post_migrate
from django.test.utils import CaptureQueriesContext

from tenantry.errors import PublicFailed, TemplateFailed, UnknownTenant
from tenantry.fleet import state
from tenantry.fleet.state import SchemaState

from .conftest import MigrationWriter, Sql, add_empty_tenant, add_tenants, has_column, run_fleet
from .sample_migrations import COLOR, add_field, fail_in_globex

pytestmark = pytest.mark.django_db


def test_a_run_with_nothing_to_do_sends_two_queries(sql: Sql) -> None:
    """One for schemas that are behind, one for reserved names."""
    run_fleet()
    with CaptureQueriesContext(connection) as queries:
        report = run_fleet()
    assert report.total == 0
    assert len([query for query in queries if "SET search_path" not in query["sql"]]) == 2


def test_a_new_database_cannot_start_with_one_app(monkeypatch: pytest.MonkeyPatch) -> None:
    state.clear("public")
    monkeypatch.setattr(state, "table_exists", lambda: False)

    with pytest.raises(PublicFailed, match="needs all apps"):
        run_fleet()


def test_a_failing_tenant_does_not_stop_the_others(migrations: MigrationWriter, sql: Sql) -> None:
    add_tenants("zeta")
    fail_in_globex(migrations)
    (failure,) = run_fleet().failures
    assert failure.schema_name == "globex"
    assert failure.error == "ValueError: globex has too many items"
    assert has_column(sql, "acme", "color")
    assert has_column(sql, "zeta", "color")
    assert not has_column(sql, "globex", "color")
    assert state.failed() == ["globex"]
    row = SchemaState.objects.get(pk="globex")
    assert (row.attempts, row.error) == (1, failure.error)


def test_a_failed_tenant_is_retried_and_its_error_cleared(
    migrations: MigrationWriter, sql: Sql
) -> None:
    fail_in_globex(migrations)
    run_fleet()
    assert run_fleet(only_failed=True).failures
    assert SchemaState.objects.get(pk="globex").attempts == 2
    migrations.remove("tenantry_items", "0002_fails")
    migrations.add("tenantry_items", "0002_fails", COLOR, after="tenantry_items.0001_item")
    report = run_fleet(only_failed=True)
    assert (report.total, report.migrated) == (1, 1)
    assert SchemaState.objects.get(pk="globex").error == ""
    assert has_column(sql, "globex", "color")


def test_tenants_with_three_starting_points_are_all_migrated(
    migrations: MigrationWriter, sql: Sql
) -> None:
    add_field(migrations)
    run_fleet(tenants=("acme",))
    migrations.add(
        "tenantry_items",
        "0003_size",
        "migrations.AddField('item', 'size', models.IntegerField(null=True))",
        after="tenantry_items.0002_color",
    )
    add_empty_tenant(sql, "zeta")
    report = run_fleet()
    assert (report.total, report.migrated) == (3, 3)
    for schema_name in ("acme", "globex", "zeta", "tenancy_template"):
        assert has_column(sql, schema_name, "color")
        assert has_column(sql, schema_name, "size")
    assert state.pending() == []


def test_a_migration_inserted_below_a_leaf_is_found(migrations: MigrationWriter, sql: Sql) -> None:
    migrations.add("tenantry_items", "0003_color", COLOR, after="tenantry_items.0001_item")
    run_fleet(tenants=("acme",))
    migrations.remove("tenantry_items", "0003_color")
    migrations.add(
        "tenantry_items",
        "0002_size",
        "migrations.AddField('item', 'size', models.IntegerField(null=True))",
        after="tenantry_items.0001_item",
    )
    migrations.add("tenantry_items", "0003_color", COLOR, after="tenantry_items.0002_size")
    assert {"acme", "globex"} < set(state.pending())
    # Django's consistency check fails for a schema that has the leaf already.
    with pytest.raises(InconsistentMigrationHistory):
        run_fleet()
    sql("DELETE FROM django_migrations WHERE name = '0003_color'")
    sql("DELETE FROM tenancy_template.django_migrations WHERE name = '0003_color'")
    sql("ALTER TABLE tenancy_template.tenantry_items_item DROP COLUMN color")
    (failure,) = run_fleet().failures
    assert failure.schema_name == "acme"
    assert (
        "tenantry_items.0003_color is applied before its dependency tenantry_items.0002_size"
        in str(failure.error)
    )
    assert has_column(sql, "globex", "size")


def test_a_new_squashed_migration_is_recorded_without_running(
    migrations: MigrationWriter, sql: Sql
) -> None:
    add_field(migrations)
    run_fleet()
    migrations.add(
        "tenantry_items",
        "0001_squashed",
        COLOR,
        after="tenantry_items.0001_item",
        replaces="[('tenantry_items', '0002_color')]",
    )
    report = run_fleet()
    assert (report.migrated, report.unchanged) == (0, 2)
    assert sql("SELECT 1 FROM acme.django_migrations WHERE name = '0001_squashed'")
    assert state.pending() == []


def test_tenants_are_behind_after_a_run_backwards_until_the_next_run(
    migrations: MigrationWriter, sql: Sql
) -> None:
    add_field(migrations)
    run_fleet()
    run_fleet("tenantry_items", "0001")
    assert not has_column(sql, "acme", "color")
    assert {"acme", "globex", "tenancy_template"} < set(state.pending())
    run_fleet()
    assert has_column(sql, "acme", "color")
    assert state.pending() == []


def test_one_tenant_can_be_migrated_without_the_others(
    migrations: MigrationWriter, sql: Sql
) -> None:
    add_field(migrations)
    run_fleet(tenants=("acme",))
    assert has_column(sql, "acme", "color")
    assert not has_column(sql, "globex", "color")
    with pytest.raises(UnknownTenant, match="nosuch"):
        run_fleet(tenants=("acme", "nosuch"))


def test_no_other_tenant_is_changed_after_a_failing_canary(
    migrations: MigrationWriter, sql: Sql
) -> None:
    add_tenants("aardvark")
    add_empty_tenant(sql, "zeta")
    migrations.add(
        "tenantry_items",
        "0002_fails",
        f"{COLOR}, migrations.RunPython(fail_in_globex)",
        after="tenantry_items.0001_item",
    )
    report = run_fleet(canary=3)
    assert [failure.schema_name for failure in report.failures] == ["globex"]
    assert report.left == 1
    assert has_column(sql, "acme", "color")
    assert not sql("SELECT to_regclass('zeta.tenantry_items_item')")[0][0]


def test_no_tenant_is_changed_after_a_failing_template(
    migrations: MigrationWriter, sql: Sql
) -> None:
    migrations.add(
        "tenantry_items",
        "0002_fails",
        f"{COLOR}, migrations.RunSQL('SELECT 1/0')",
        after="tenantry_items.0001_item",
    )
    with pytest.raises(TemplateFailed, match="division by zero"):
        run_fleet()
    assert not has_column(sql, "acme", "color")


def test_verify_finds_wrong_states(migrations: MigrationWriter, sql: Sql) -> None:
    add_field(migrations)
    run_fleet()
    sql("ALTER TABLE acme.tenantry_items_item DROP COLUMN color")
    sql("DELETE FROM acme.django_migrations WHERE name = '0002_color'")
    assert run_fleet().total == 0
    report = run_fleet(verify=True)
    assert (report.migrated, report.unchanged) == (1, 1)
    assert has_column(sql, "acme", "color")


def test_post_migrate_is_sent_to_tenant_apps_only_for_a_tenant(migrations: MigrationWriter) -> None:
    received: list[tuple[str, str]] = []

    def listen(sender: object, app_config: object, **_: object) -> None:
        received.append((connection.schema_name, sender.label))  # type: ignore[attr-defined]

    add_field(migrations)
    post_migrate.connect(listen)
    try:
        run_fleet()
    finally:
        post_migrate.disconnect(listen)
    tenants = {label for schema_name, label in received if schema_name == "acme"}
    assert tenants >= {"tenantry_items", "tenantry_orders"}
    assert tenants.isdisjoint({"tenantry_users", "tenantry_organizations", "auth"})
    assert {label for schema_name, label in received if schema_name == "public"} > tenants


def test_a_schema_without_an_organization_is_ignored(sql: Sql) -> None:
    sql("CREATE SCHEMA stray")
    assert run_fleet(verify=True).total == 2


def test_an_organization_without_a_schema_is_a_failure(sql: Sql) -> None:
    add_empty_tenant(sql, "ghost")
    sql("DROP SCHEMA ghost")
    (failure,) = run_fleet().failures
    assert failure.schema_name == "ghost"
