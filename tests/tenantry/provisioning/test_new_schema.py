"""A copied and a migrated tenant have the same tables and rows, and both work."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from tenantry.fleet import state
from tenantry.fleet.status import compare, schema_states
from tenantry.schemas.catalog import differences, fingerprint
from tests.tenantry.fleet.conftest import MigrationWriter, add_empty_tenant, run_fleet
from tests.tenantry.schemas import run

from .conftest import Sql, create, reasons

pytestmark = [pytest.mark.django_db, pytest.mark.proof]

HOW = pytest.mark.parametrize("how", ["copied", "migrated"])


def make(how: str, sql: Sql) -> str:
    """Create the organization `initech`, copied or migrated."""
    run_fleet()
    if how == "migrated":
        sql("ALTER SCHEMA tenancy_template RENAME TO away")
    organization = create("initech")
    assert bool(reasons(organization)) == (how == "migrated")
    if how == "migrated":
        sql("ALTER SCHEMA away RENAME TO tenancy_template")
    return "initech"


def create_with_migrate_schemas(sql: Sql) -> str:
    add_empty_tenant(sql, "peer")
    call_command("migrate_schemas", schema_name="peer", verbosity=0)
    return "peer"


@HOW
def test_a_new_schema_equals_the_result_of_migrate_schemas(
    everything: None, sql: Sql, how: str
) -> None:
    new, peer = make(how, sql), create_with_migrate_schemas(sql)

    assert differences(new, peer) == []
    assert fingerprint(new) == fingerprint(peer)
    for rows in (
        "SELECT app, name FROM django_migrations ORDER BY app, name",
        "SELECT id, name, place_number, double, data FROM tenantry_items_rack ORDER BY id",
        "SELECT no, small, mood, shelf_id FROM ticket ORDER BY no",
        "SELECT id, place_id, size FROM tenantry_items_crate",
        "SELECT * FROM shelf_count",
        "SELECT last_value, is_called FROM extra",
    ):
        assert run(new, rows) == run(peer, rows)


@HOW
def test_the_next_rows_of_a_new_schema_get_the_next_numbers(
    everything: None, sql: Sql, how: str
) -> None:
    """Sequences keep their names when their tables and columns are renamed."""
    new = make(how, sql)

    def next_id(insert: str) -> Any:
        return run(new, f"{insert} RETURNING 1, *")[0][1]

    assert next_id("INSERT INTO tenantry_items_crate (place_id, size) VALUES (41, 1)") == 2
    assert next_id("INSERT INTO ticket (shelf_id) VALUES (41)") == 5
    assert next_id("INSERT INTO django_migrations (app, name, applied) VALUES ('a', 'b', now())")
    assert run(new, "SELECT nextval('extra')") == [(10,)]


BAD = {
    "check": "INSERT INTO tenantry_items_rack (name, place_number, data, free, price) "
    "VALUES ('z', 90, '{}', true, 1)",
    "unique": "INSERT INTO tenantry_items_rack (name, place_number, data, free, price) "
    "VALUES ('a', 90, '{}', true, 1)",
    "foreign key": "INSERT INTO tenantry_items_crate (place_id, size) VALUES (99, 1)",
    "foreign key of SQL": "INSERT INTO ticket (shelf_id) VALUES (99)",
    "deferrable": "UPDATE tenantry_items_rack SET place_number = 1",
}


@HOW
def test_the_constraints_of_a_new_schema_hold(everything: None, sql: Sql, how: str) -> None:
    name = make(how, sql)

    for bad in BAD.values():
        with pytest.raises(IntegrityError), transaction.atomic():
            run(name, f"{bad}; SET CONSTRAINTS ALL IMMEDIATE")


@HOW
def test_triggers_and_functions_of_a_new_schema_use_its_tables(
    everything: None, sql: Sql, how: str
) -> None:
    new = make(how, sql)

    run(new, "INSERT INTO ticket (shelf_id) VALUES (41)")

    assert run(new, "SELECT count_log(), twice(2)") == [(1, 4)]
    assert run("tenancy_template", "SELECT count_log()") == [(0,)]


@HOW
def test_a_new_schema_is_current_and_has_not_drifted(everything: None, sql: Sql, how: str) -> None:
    new = make(how, sql)

    assert "initech" not in state.pending()
    assert compare([new]) == []
    condition, migrated_at = schema_states().values_list("condition", "migrated_at").get(pk=new)
    assert condition == "ok"
    assert migrated_at is not None


@HOW
def test_the_next_migration_runs_in_a_new_schema(
    migrations: MigrationWriter, sql: Sql, how: str
) -> None:
    new = make(how, sql)
    migrations.add(
        "tenantry_items",
        "0002_color",
        "AddField('item', 'color', models.CharField(max_length=9, default='red', db_index=True))",
        after="tenantry_items.0001_item",
    )

    assert run_fleet().failures == []
    assert differences(new, "acme") == differences(new, "tenancy_template") == []


@HOW
def test_a_hundred_tables_are_created(migrations: MigrationWriter, sql: Sql, how: str) -> None:
    models = [
        f"CreateModel('T{number}', [('id', models.BigAutoField(primary_key=True)), "
        f"('name', models.CharField(max_length=9, unique=True)), "
        f"('other', models.ForeignKey('tenantry_items.{f'T{number - 1}' if number else 'Item'}', "
        "models.CASCADE))]),"
        for number in range(100)
    ]
    migrations.add(
        "tenantry_items", "0002_many", "\n".join(models), after="tenantry_items.0001_item"
    )

    new = make(how, sql)

    assert fingerprint(new) == fingerprint("tenancy_template")
