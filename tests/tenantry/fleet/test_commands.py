"""The commands `migrate_tenants`, `migrate` and django-tenants' `migrate_schemas`."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import connection

from tenantry.context import tenant_context
from tenantry.fleet import state

from .conftest import (
    MigrationWriter,
    Sql,
    has_column,
    run_fleet,
)
from .sample_migrations import COLOR, add_field, fail_in_globex

pytestmark = pytest.mark.django_db


def test_the_command_lists_failures_and_exits_with_1(
    migrations: MigrationWriter, capsys: pytest.CaptureFixture[str]
) -> None:
    fail_in_globex(migrations)
    with pytest.raises(CommandError, match="1 failed") as error:
        call_command("migrate_tenants", jobs=1)
    assert error.value.returncode == 1
    assert "globex: ValueError: globex has too many items" in capsys.readouterr().err


@pytest.mark.parametrize(
    "option",
    ["jobs=0", "canary=-1", "lock-retries=-1", "lock-timeout=-1", "lock-timeout=nan"],
)
def test_an_invalid_number_is_one_line(option: str) -> None:
    with pytest.raises(CommandError, match=r"^--.* or more\.$"):
        call_command("migrate_tenants", f"--{option}")


def test_an_unreachable_database_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    connection.close()
    with pytest.raises(CommandError, match=r"^connection to server .* failed[^\n]*$"):
        call_command("migrate_tenants")


def test_an_irreversible_migration_fails_before_any_tenant_is_changed(
    migrations: MigrationWriter, sql: Sql
) -> None:
    migrations.add(
        "tenantry_items",
        "0002_color",
        f"{COLOR}, migrations.RunPython(create_colored_item)",
        after="tenantry_items.0001_item",
    )
    run_fleet()
    with pytest.raises(CommandError, match="not reversible"):
        call_command("migrate_tenants", "tenantry_items", "0001", verbosity=0)
    assert has_column(sql, "acme", "color")


def test_migrate_tenants_takes_several_schemas(
    migrations: MigrationWriter, capsys: pytest.CaptureFixture[str]
) -> None:
    add_field(migrations)
    call_command("migrate_tenants", "--schema=acme", "--schema=globex", "--plan")
    assert "acme, globex, tenancy_template:" in capsys.readouterr().out
    call_command("migrate_tenants", "--schema=acme", verbosity=0)
    assert state.pending() == ["globex"]


def test_migrate_schemas_updates_the_states(migrations: MigrationWriter, sql: Sql) -> None:
    add_field(migrations)
    call_command("migrate_schemas", verbosity=0)
    assert state.pending() == ["tenancy_template"]
    call_command("migrate_schemas", "tenantry_items", "0001", schema_name="acme", verbosity=0)
    assert state.pending() == ["acme", "tenancy_template"]


def test_a_tenant_is_behind_after_a_failed_migrate_schemas(migrations: MigrationWriter) -> None:
    fail_in_globex(migrations)
    # django-tenants leaves the schema active when a migration fails.
    with tenant_context(None), pytest.raises(ValueError, match="globex"):
        call_command("migrate_schemas", schema_name="globex", verbosity=0)
    assert "globex" in state.pending()


def test_migrate_schemas_repairs_a_tenants_records(sql: Sql) -> None:
    run_fleet()
    sql("DELETE FROM acme.django_migrations WHERE app IN ('tenantry_items', 'tenantry_orders')")
    call_command("migrate_schemas", schema_name="acme", verbosity=0, fake=True)
    sql("INSERT INTO acme.django_migrations VALUES (999, 'tenantry_items', '0009_gone', now())")
    call_command("migrate_schemas", "tenantry_items", schema_name="acme", verbosity=0, prune=True)
    assert not sql("SELECT 1 FROM acme.django_migrations WHERE name = '0009_gone'")
    assert state.pending() == []
    assert run_fleet(verify=True).unchanged == 2


def test_migrate_migrates_the_fleet(migrations: MigrationWriter, sql: Sql) -> None:
    add_field(migrations)
    call_command("migrate", verbosity=0)
    assert has_column(sql, "acme", "color")
    assert has_column(sql, "tenancy_template", "color")
    assert state.pending() == []


def test_plan_shows_migrations_without_running_them(
    migrations: MigrationWriter, sql: Sql, capsys: pytest.CaptureFixture[str]
) -> None:
    add_field(migrations)
    call_command("migrate_tenants", plan=True)
    assert capsys.readouterr().out.splitlines() == [
        "public:",
        "  tenantry_items.0002_color (only recorded)",
        "acme, globex, tenancy_template:",
        "  tenantry_items.0002_color",
        "    Add field color to item",
    ]
    assert not has_column(sql, "acme", "color")


def test_the_result_can_be_printed_as_json(
    migrations: MigrationWriter, capsys: pytest.CaptureFixture[str]
) -> None:
    fail_in_globex(migrations)
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


def test_migrate_check_covers_the_whole_fleet(migrations: MigrationWriter) -> None:
    run_fleet()
    with pytest.raises(SystemExit) as current:
        call_command("migrate", check_unapplied=True)
    add_field(migrations)
    call_command(DjangoMigrate(), verbosity=0)
    with pytest.raises(SystemExit) as behind:
        call_command("migrate", check_unapplied=True)
    assert (current.value.code, behind.value.code) == (0, 1)
