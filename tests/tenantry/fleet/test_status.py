"""list_tenants and check_references show the condition of the fleet."""

import json
from contextlib import closing
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tenant_apps.orders.models import Order
from tenantry.context import tenant_context
from tests.conftest import connect

from .conftest import (
    MigrationWriter,
    Sql,
    run_fleet,
)
from .sample_migrations import add_field, fail_in_globex

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def migrated_fleet(database: str) -> None:
    run_fleet()


def status() -> dict[str, dict[str, Any]]:
    output = StringIO()
    call_command("list_tenants", status=True, json=True, stdout=output)
    return {row["schema_name"]: row for row in json.loads(output.getvalue())}


def test_a_current_fleet_passes_the_check(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("list_tenants", check=True)
    assert "ok" in capsys.readouterr().out
    assert {row["condition"] for row in status().values()} == {"ok"}
    assert all(row["size"] > 8192 for row in status().values())


def test_tenants_behind_fail_the_check(migrations: MigrationWriter) -> None:
    add_field(migrations)
    assert status()["acme"]["condition"] == "behind"
    with pytest.raises(CommandError, match="4 not ok: acme, globex, public, tenancy_template"):
        call_command("list_tenants", check=True)
    run_fleet()
    assert status()["acme"]["condition"] == "ok"
    assert status()["acme"]["migrated_at"].endswith("Z")


def test_failed_tenants_are_shown_with_their_error(
    migrations: MigrationWriter, capsys: pytest.CaptureFixture[str]
) -> None:
    fail_in_globex(migrations)
    run_fleet()
    row = status()["globex"]
    assert (row["condition"], row["attempts"]) == ("failed", 1)
    with pytest.raises(CommandError, match="1 not ok: globex"):
        call_command("list_tenants", check=True)
    assert "globex failed: ValueError: globex has too many items" in capsys.readouterr().out


def test_drift_is_shown_with_what_differs(sql: Sql, capsys: pytest.CaptureFixture[str]) -> None:
    sql("ALTER TABLE acme.tenantry_items_item ADD COLUMN hotfix integer")
    assert status()["acme"]["condition"] == "drifted"
    assert status()["globex"]["condition"] == "ok"
    with pytest.raises(CommandError, match="1 not ok: acme"):
        call_command("list_tenants", check=True)
    assert "acme drifted: tenantry_items_item: column hotfix" in capsys.readouterr().out


def test_a_template_changed_by_hand_has_drifted_and_its_tenants_have_not(
    sql: Sql, capsys: pytest.CaptureFixture[str]
) -> None:
    sql("ALTER TABLE tenancy_template.tenantry_items_item ADD hotfix integer")
    sql("ALTER TABLE globex.tenantry_items_item DROP COLUMN description")

    with pytest.raises(CommandError, match=r"^2 not ok: globex, tenancy_template$"):
        call_command("list_tenants", check=True)

    output = capsys.readouterr().out
    assert "tenancy_template drifted: the template was changed" in output
    assert "acme drifted" not in output


def test_a_difference_made_by_a_tenant_specific_migration_is_not_drift(
    migrations: MigrationWriter, sql: Sql
) -> None:
    migrations.add(
        "tenantry_items",
        "0002_named",
        "RunPython(write_schema_name), RunPython(add_column_in_globex)",
        after="tenantry_items.0001_item",
        tenant_specific="True",
    )
    run_fleet()
    assert {row["condition"] for row in status().values()} == {"ok"}

    sql("ALTER TABLE globex.tenantry_items_item ALTER description SET DEFAULT 'acme'")
    globex = status()["globex"]
    assert globex["condition"] == "drifted"
    (difference,) = globex["differences"]
    assert "tenantry_items_item: column description is" in difference


def test_valid_references_pass(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check_references")
    assert "All references are valid." in capsys.readouterr().out


def test_orders_of_a_deleted_user_are_found(capsys: pytest.CaptureFixture[str]) -> None:
    with tenant_context("acme"):
        orders = [Order.objects.create(user_id=987_654) for _ in range(30)]
    with pytest.raises(CommandError, match="30 rows refer to missing rows"):
        call_command("check_references")
    shown = capsys.readouterr().out
    assert shown.startswith("acme tenantry_orders.Order.user: 30 rows")
    assert f"{orders[0].pk} -> 987654" in shown
    assert shown.strip().endswith(", ...)")
    with pytest.raises(CommandError):
        call_command("check_references", json=True)
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["schema_name"], found["count"], len(found["examples"])) == ("acme", 30, 20)


def test_refresh_sizes_does_not_wait_for_a_schema_that_is_being_migrated(
    sql: Sql, database: str
) -> None:
    with closing(connect(database)) as migration:
        migration.autocommit = False
        migration.cursor().execute(
            "UPDATE tenancy_schemastate SET error = '' WHERE schema_name = 'acme'"
        )
        call_command("refresh_sizes", drift=True)
        migration.rollback()

    for column in ("measured_at", "compared_at"):
        measured = f"SELECT schema_name FROM tenancy_schemastate WHERE {column} IS NOT NULL"
        assert sql(measured) == [("globex",)]
