"""A run has the same result as django-tenants' `migrate_schemas`."""

import pytest
from django.core.management import call_command
from pytest_django import Settings

from tenantry.fleet import state

from .conftest import (
    MigrationWriter,
    Sql,
    add_empty_tenant,
    run_fleet,
)
from .sample_migrations import SAMPLES, AddMigrations, across_apps, not_atomic, squashed

pytestmark = [pytest.mark.django_db, pytest.mark.proof]


def description(sql: Sql, schema_name: str) -> dict[str, object]:
    """Everything that a migration can change, without the schema's name and the times."""
    columns = sql(
        """
        SELECT table_name, column_name, ordinal_position, data_type, column_default, is_nullable,
            is_identity, generation_expression, character_maximum_length, numeric_precision
        FROM information_schema.columns WHERE table_schema = %s ORDER BY 1, 3
        """,
        schema_name,
    )
    constraints = sql(
        """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(c.oid)
        FROM pg_constraint c WHERE connamespace = %s::regnamespace ORDER BY 1, 2
        """,
        schema_name,
    )
    indexes = sql(
        "SELECT indexdef FROM pg_indexes WHERE schemaname = %s ORDER BY indexname", schema_name
    )
    relations = sql(
        """
        SELECT relname, relkind FROM pg_class
        WHERE relnamespace = %s::regnamespace ORDER BY relname
        """,
        schema_name,
    )
    migrations = sql(f"SELECT id, app, name FROM {schema_name}.django_migrations ORDER BY id")
    (table,) = [name for name, kind in relations if name in ("tenantry_items_item", "articles")]
    rows = sql(
        f"""
        SELECT to_jsonb(t) - 'created_at' - 'updated_at' || '{{"rows": true}}'
        FROM {schema_name}.{table} t ORDER BY 1
        """
    )
    everything = {
        "columns": columns,
        "constraints": constraints,
        "indexes": indexes,
        "relations": relations,
        "migrations": migrations,
        "rows": rows,
    }
    return {
        key: [repr(row).replace(schema_name, "SCHEMA") for row in value]
        for key, value in everything.items()
    }


@pytest.mark.parametrize(
    "add_migrations", SAMPLES, ids=lambda add_migrations: add_migrations.__name__
)
def test_forwards_and_backwards_equal_migrate_schemas(
    add_migrations: AddMigrations, migrations: MigrationWriter, sql: Sql
) -> None:
    add_migrations(migrations)
    call_command("migrate_schemas", schema_name="acme", verbosity=0)
    assert run_fleet().failures == []
    assert description(sql, "globex") == description(sql, "acme")
    assert state.pending() == []

    call_command("migrate_schemas", "tenantry_items", "0001", schema_name="acme", verbosity=0)
    assert run_fleet("tenantry_items", "0001", tenants=("globex",)).failures == []
    assert description(sql, "globex") == description(sql, "acme")
    # It stays recorded in `public`, because other tenants can have it.
    assert set(state.pending()) == {"acme", "globex", "tenancy_template"}


@pytest.mark.parametrize("add_migrations", [across_apps, not_atomic, squashed])
def test_fake_equals_migrate_schemas(
    add_migrations: AddMigrations, migrations: MigrationWriter, sql: Sql
) -> None:
    add_migrations(migrations)
    call_command("migrate_schemas", schema_name="acme", verbosity=0, fake=True)
    assert run_fleet(fake=True).failures == []
    assert description(sql, "globex") == description(sql, "acme")


def test_each_tenant_can_have_its_own_content_types(
    migrations: MigrationWriter, sql: Sql, settings: Settings
) -> None:
    """Many projects with django-tenants have contenttypes in TENANT_APPS."""
    settings.TENANT_APPS = [*settings.TENANT_APPS, "django.contrib.contenttypes"]
    for schema_name in ("zeta", "eta", "theta"):
        add_empty_tenant(sql, schema_name)
    call_command("migrate_schemas", schema_name="zeta", verbosity=0)
    run_fleet()
    shift = "UPDATE {0}.django_content_type SET id = id + 1000"
    for schema_name in ("zeta", "eta", "theta"):
        sql(shift.format(schema_name))
    sql("UPDATE theta.django_content_type SET id = id + 1000")
    migrations.add(
        "tenantry_items",
        "0002_article",
        "migrations.RunPython(store_content_type), migrations.RenameModel('Item', 'Article')",
        after="tenantry_items.0001_item tenantry_orders contenttypes.0002_remove_content_type_name",
    )
    call_command("migrate_schemas", schema_name="zeta", verbosity=0)
    assert run_fleet().failures == []

    def content_types(schema_name: str) -> list[tuple[object, ...]]:
        return sql(
            f"SELECT app_label, model FROM {schema_name}.django_content_type "
            "WHERE app_label IN ('tenantry_items', 'tenantry_orders') ORDER BY 1, 2"
        )

    assert ("tenantry_items", "article") in content_types("eta")
    assert content_types("eta") == content_types("theta") == content_types("zeta")
    for schema_name in ("zeta", "eta", "theta"):
        ((stored,),) = sql(f"SELECT description FROM {schema_name}.tenantry_items_article")
        query = f"SELECT id::text FROM {schema_name}.django_content_type WHERE model = 'article'"
        assert sql(query) == [(stored,)]
