"""When a new tenant is copied, when migrated, and when its creation fails."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from shared_apps.core.errors import DomainError
from shared_apps.organizations.models import Organization
from tenantry.fleet import template
from tenantry.schemas.catalog import differences, schema_exists
from tenantry.schemas.copy import Copy
from tests.tenantry.fleet.conftest import MigrationWriter, run_fleet
from tests.tenantry.fleet.sample_migrations import add_to_items
from tests.tenantry.schemas import run

from .conftest import Sql, create, reasons

pytestmark = [pytest.mark.django_db, pytest.mark.proof]


def create_tenant() -> str:
    output = StringIO()
    options = {"name": "Initech", "owner": "alice@acme.example"}
    call_command("create_tenant", "initech", **options, stdout=output)
    return output.getvalue()


def test_a_tenant_is_copied(sql: Sql) -> None:
    assert create_tenant() == (
        "Created initech, owned by alice@acme.example; its schema was copied from the template.\n"
    )


def test_migrations_build_a_tenant_without_a_template_and_the_command_shows_why(sql: Sql) -> None:
    sql("DROP SCHEMA tenancy_template CASCADE")

    assert create_tenant().endswith(
        "its schema was built by migrations, because there is no template yet "
        "(`migrate` creates it).\n"
    )
    assert differences("initech", "acme") == []


def test_migrations_build_a_tenant_if_the_template_is_behind(
    migrations: MigrationWriter, sql: Sql
) -> None:
    add_to_items(migrations, "AddField('item', 'size', models.IntegerField(null=True))")

    (reason,) = reasons(create("initech"))

    assert reason == "the template lacks migrations (`migrate` runs them)"
    run("initech", "SELECT size FROM tenantry_items_item")


def test_a_template_ahead_of_this_code_is_copied(migrations: MigrationWriter, sql: Sql) -> None:
    """During a deployment, the old code still creates tenants."""
    add_to_items(migrations, "AddField('item', 'size', models.IntegerField(null=True))")
    run_fleet()
    migrations.remove("tenantry_items", "0002_new")

    assert reasons(create("initech")) == ()
    assert differences("initech", "tenancy_template") == []


def test_a_template_changed_by_hand_is_not_copied_until_it_is_created_again(sql: Sql) -> None:
    sql("ALTER TABLE tenancy_template.tenantry_items_item ADD hotfix integer")

    assert reasons(create("initech")) == (template.CHANGED,)
    assert differences("initech", "acme") == []

    sql("DROP SCHEMA tenancy_template CASCADE")
    run_fleet(verify=True)
    assert reasons(create("hooli")) == ()
    assert differences("hooli", "acme") == []


def test_rows_inserted_into_the_template_by_hand_are_not_copied(sql: Sql) -> None:
    sql(
        "INSERT INTO tenancy_template.tenantry_items_item "
        "(sku, description, price, is_active, created_at, updated_at) "
        "VALUES ('DESK', 'Of one customer', 1, true, now(), now())"
    )

    assert reasons(create("initech")) == (template.CHANGED,)
    assert sql("SELECT count(*) FROM initech.tenantry_items_item") == [(0,)]
    assert template.is_changed()


def test_more_migrations_do_not_hide_a_change_of_the_template_by_hand(
    migrations: MigrationWriter, sql: Sql
) -> None:
    sql("ALTER TABLE tenancy_template.tenantry_items_item ADD hotfix integer")
    add_to_items(migrations, "AddField('item', 'size', models.IntegerField(null=True))")
    run_fleet()

    assert reasons(create("initech")) == (template.CHANGED,)
    assert differences("initech", "acme") == []


def test_a_fingerprint_from_another_postgresql_version_is_ignored(sql: Sql) -> None:
    sql("ALTER TABLE tenancy_template.tenantry_items_item ADD hotfix integer")
    sql("UPDATE tenancy_schemastate SET structure = 'elsewhere' || substr(structure, 17)")

    assert reasons(create("initech")) == ()


def test_objects_that_cannot_be_copied_are_named(migrations: MigrationWriter, sql: Sql) -> None:
    add_to_items(migrations, "RunSQL('CREATE TABLE part (a int) PARTITION BY LIST (a)')")
    run_fleet()

    (reason,) = reasons(create("initech"))

    assert "the template cannot be copied: partitioned table part" in reason
    assert differences("initech", "acme") == []


def test_a_failed_copy_is_undone_and_migrations_build_the_tenant(
    migrations: MigrationWriter, sql: Sql
) -> None:
    """The check of a domain cannot be added while a table has arrays of it."""
    add_to_items(
        migrations,
        "RunSQL('CREATE DOMAIN above AS int CHECK (VALUE > 0); CREATE TABLE t (a above[])')",
    )
    run_fleet()

    (reason,) = reasons(create("initech"))

    assert "cannot alter type" in reason
    assert differences("initech", "acme") == []


def test_a_comment_on_an_object_that_is_not_copied_blocks_no_creation(
    migrations: MigrationWriter, sql: Sql
) -> None:
    add_to_items(
        migrations,
        "RunSQL('CREATE TYPE span AS RANGE (subtype = float8)'),"
        "RunSQL('COMMENT ON TYPE span IS $$from, to$$')",
    )
    run_fleet()

    assert (
        "the template cannot be copied: range type span: objects of this kind are not copied"
        in reasons(create("initech"))
    )


def test_migrations_build_a_tenant_after_an_error_of_object_state(
    migrations: MigrationWriter, sql: Sql
) -> None:
    """psycopg2 raises OperationalError here, as for a failure of the server."""
    add_to_items(
        migrations,
        "RunSQL('CREATE MATERIALIZED VIEW a AS SELECT 1 AS x; "
        "CREATE MATERIALIZED VIEW b AS SELECT x FROM a; "
        "REFRESH MATERIALIZED VIEW a WITH NO DATA')",
    )
    run_fleet()

    (reason,) = reasons(create("initech"))

    assert reason.startswith('materialized view "a" has not been populated')
    assert differences("initech", "acme") == []


def test_migrations_build_a_tenant_after_an_unexpected_error_which_is_logged(
    sql: Sql, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("range type")

    monkeypatch.setattr(Copy, "build", fail)

    assert create_tenant().endswith(
        "its schema was built by migrations, because the copy failed: KeyError: 'range type'.\n"
    )
    assert "The template could not be copied to initech" in caplog.text
    assert "Migrations build the schema initech, because the copy failed" in caplog.text
    assert differences("initech", "acme") == []


def test_a_tenant_specific_migration_runs_in_each_new_tenant(
    migrations: MigrationWriter, sql: Sql
) -> None:
    add_to_items(
        migrations, "AddField('item', 'color', models.CharField(max_length=9, default='red'))"
    )
    migrations.add(
        "tenantry_items",
        "0003_named",
        "RunPython(create_colored_item)",
        after="tenantry_items.0002_new",
        tenant_specific="True",
    )
    run_fleet()

    organization = create("initech")

    assert reasons(organization) == ("tenantry_items.0003_named is tenant-specific",)
    assert run("initech", "SELECT description FROM tenantry_items_item") == [("of initech",)]
    assert run("tenancy_template", "SELECT description FROM tenantry_items_item") == [
        ("of tenancy_template",)
    ]


def test_a_migration_that_needs_a_commit_fails_with_its_name_and_leaves_nothing(
    migrations: MigrationWriter, sql: Sql
) -> None:
    add_to_items(migrations, "RunSQL(\"CREATE TYPE mood AS ENUM ('sad')\")")
    migrations.add(
        "tenantry_items",
        "0003_happy",
        "RunSQL(\"ALTER TYPE mood ADD VALUE 'happy'\"), RunSQL(\"SELECT 'happy'::mood\")",
        after="tenantry_items.0002_new",
        atomic="False",
    )
    schemas = sql("SELECT nspname FROM pg_namespace")

    with pytest.raises(
        CommandError, match=r"tenantry_items\.0003_happy.*unsafe use of new value"
    ) as error:
        create_tenant()

    assert "\n" not in str(error.value)
    assert sql("SELECT nspname FROM pg_namespace") == schemas
    assert not Organization.objects.filter(schema_name="initech").exists()
    assert not sql("SELECT 1 FROM tenancy_schemastate WHERE schema_name = 'initech'")


def test_a_migration_that_cannot_run_in_a_transaction_fails_with_its_name(
    migrations: MigrationWriter, sql: Sql
) -> None:
    add_to_items(
        migrations,
        "RunSQL('CREATE INDEX CONCURRENTLY sku ON tenantry_items_item (sku)')",
        atomic="False",
    )

    with pytest.raises(DomainError, match=r"tenantry_items\.0002_new.*CREATE INDEX CONCURRENTLY"):
        create("initech")

    assert not schema_exists("initech")


LINES = """
RunSQL("INSERT INTO tenantry_orders_order (status, placed_at, user_id)"
    " VALUES ('placed', now(), 1)"),
RunSQL("INSERT INTO tenantry_items_item"
    " (sku, description, price, is_active, created_at, updated_at)"
       " VALUES ('a', 'a', 1, true, now(), now())"),
RunSQL("INSERT INTO tenantry_orders_orderline (quantity, unit_price, item_id, order_id)"
       " VALUES (1, 1, 1, {order})"),
"""


def test_pending_checks_do_not_stop_a_table_from_being_altered(
    migrations: MigrationWriter, sql: Sql
) -> None:
    """PostgreSQL rejects it in the transaction that wrote the rows until the checks have run."""
    alter = "RunSQL('ALTER TABLE tenantry_orders_orderline ADD {} text')"
    add_lines(migrations, LINES.format(order=1) + alter.format("note"))
    migrations.add(
        "tenantry_orders", "0004_more", alter.format("more"), after="tenantry_orders.0003_lines"
    )

    assert reasons(create("initech"))
    assert run("initech", "SELECT id FROM tenantry_orders_orderline") == [(1,)]


def test_a_check_that_would_fail_at_the_commit_names_its_migration(
    migrations: MigrationWriter, sql: Sql
) -> None:
    add_lines(migrations, LINES.format(order=99))

    with pytest.raises(DomainError, match=r"orders\.0003_lines.*violates foreign key"):
        create("initech")

    assert not schema_exists("initech")


def add_lines(migrations: MigrationWriter, operations: str) -> None:
    migrations.add(
        "tenantry_orders",
        "0003_lines",
        operations,
        after="tenantry_orders",
        atomic="False",
    )
