"""Database-wide operations of tenant apps run once, in `public`."""

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command

from tenantry.errors import DatabaseWideStatement, PublicFailed, TemplateFailed
from tenantry.fleet import state
from tests.tenantry.provisioning.conftest import create, reasons

from .conftest import MigrationWriter, Sql, has_column, run_fleet
from .sample_migrations import add_field, add_to_items

pytestmark = [pytest.mark.django_db, pytest.mark.proof]

EXTENSION = "SELECT nspname FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace "
TRIGRAM = "__import__('django.contrib.postgres.operations', fromlist=['_']).TrigramExtension()"
INDEX = """
__import__('django.contrib.postgres.operations', fromlist=['_']).AddIndexConcurrently(
    'item',
    __import__('django.contrib.postgres.indexes', fromlist=['_']).GinIndex(
        fields=['sku'], name='similar', opclasses=['gin_trgm_ops']
    ),
),
"""


@pytest.mark.parametrize(
    "operation",
    [
        TRIGRAM,
        f"SeparateDatabaseAndState(database_operations=[{TRIGRAM}])",
        "RunSQL('CREATE EXTENSION IF NOT EXISTS pg_trgm', 'DROP EXTENSION pg_trgm')",
        (
            "RunSQL(['-- Similar words\\ncreate extension pg_trgm;',"
            "('COMMENT ON EXTENSION pg_trgm IS %s', ['similar'])], 'DROP EXTENSION pg_trgm')"
        ),
    ],
    ids=["Django's operation", "inside another", "SQL", "a list of SQL"],
)
def test_an_extension_is_created_in_public_and_dropped_after_all_tenants(
    migrations: MigrationWriter, sql: Sql, operation: str
) -> None:
    sql("DROP EXTENSION IF EXISTS pg_trgm CASCADE")
    add_to_items(migrations, f"{operation}, {INDEX}", atomic="False")

    assert run_fleet().migrated == 2

    named = EXTENSION + "WHERE extname = 'pg_trgm'"
    assert sql(named) == [("public",)]
    assert reasons(create("initech")) == ()

    assert run_fleet("tenantry_items", "0001").succeeded
    assert sql(named) == []


@pytest.mark.parametrize(
    ("forwards", "backwards", "query"),
    [
        (
            "CREATE PUBLICATION changes",
            "DROP PUBLICATION changes",
            "SELECT 1 FROM pg_publication WHERE pubname = 'changes'",
        ),
        (
            "CREATE SCHEMA reports",
            "DROP SCHEMA reports",
            "SELECT 1 FROM pg_namespace WHERE nspname = 'reports'",
        ),
    ],
)
def test_database_wide_sql_runs_once(
    migrations: MigrationWriter, sql: Sql, forwards: str, backwards: str, query: str
) -> None:
    add_to_items(migrations, f"RunSQL('{forwards}', '{backwards}')")
    assert run_fleet().migrated == 2
    assert sql(query)
    assert reasons(create("initech")) == ()

    assert run_fleet("tenantry_items", "0001").succeeded
    assert not sql(query)


def test_migrate_schemas_runs_database_wide_sql_once(migrations: MigrationWriter, sql: Sql) -> None:
    add_to_items(migrations, "RunSQL('CREATE SCHEMA reports', 'DROP SCHEMA reports')")

    call_command("migrate_schemas", verbosity=0)

    assert sql("SELECT 1 FROM pg_namespace WHERE nspname = 'reports'")
    assert state.pending() == ["tenancy_template"]


def test_one_sql_for_the_database_and_the_tenants_fails_before_public(
    migrations: MigrationWriter, sql: Sql
) -> None:
    add_to_items(migrations, "RunSQL('CREATE TABLE t (a int); CREATE ROLE auditor')")

    with pytest.raises(
        DatabaseWideStatement,
        match=r"^tenantry_items\.0002_new has CREATE ROLE, .* a shared app\.$",
    ):
        run_fleet()

    assert not sql("SELECT 1 FROM django_migrations WHERE name = '0002_new'")


def test_database_wide_code_fails_in_the_template(migrations: MigrationWriter, sql: Sql) -> None:
    add_to_items(migrations, "RunPython(create_extension)")

    with pytest.raises(TemplateFailed, match="A migration of tenantry_items has CREATE EXTENSION"):
        run_fleet()

    assert sql(EXTENSION + "WHERE nspname = 'tenancy_template'") == []


def test_database_wide_words_in_text_or_comments_are_allowed(
    migrations: MigrationWriter, sql: Sql
) -> None:
    add_to_items(
        migrations,
        "RunSQL(\"SELECT 'CREATE ROLE'; -- CREATE ROLE\"), RunPython(comment_create_role)",
    )

    assert run_fleet().migrated == 2


def test_public_is_migrated_backwards_after_all_tenants(
    migrations: MigrationWriter, sql: Sql
) -> None:
    add_field(migrations)
    run_fleet()
    recorded = "SELECT 1 FROM public.django_migrations WHERE name = '0002_color'"

    run_fleet("tenantry_items", "0001", tenants=("acme",))
    assert (has_column(sql, "acme", "color"), has_column(sql, "globex", "color")) == (False, True)
    assert sql(recorded)

    run_fleet("tenantry_items", "0001")
    assert not has_column(sql, "globex", "color")
    assert not sql(recorded)


def test_a_failure_of_public_after_the_tenants_is_reported(
    migrations: MigrationWriter, sql: Sql
) -> None:
    add_to_items(migrations, "RunSQL('CREATE SCHEMA reports', 'DROP SCHEMA reports')")
    run_fleet()
    sql("CREATE TABLE reports.kept (a int)")

    with pytest.raises(PublicFailed, match=r"public failed after the tenants: cannot drop"):
        run_fleet("tenantry_items", "0001")

    sql("DROP TABLE reports.kept")
    assert run_fleet("tenantry_items", "0001").succeeded


@pytest.mark.parametrize("command", ["migrate", "migrate_schemas"])
def test_a_renamed_model_keeps_its_content_type_in_both_directions(
    migrations: MigrationWriter, sql: Sql, command: str
) -> None:
    """Otherwise every tenant would lose the rows that refer to it by a generic relation."""
    run_fleet()
    before = sql(
        "SELECT id FROM django_content_type WHERE (app_label, model) = ('tenantry_items', 'item')"
    )
    permissions = "SELECT count(*) FROM auth_permission WHERE content_type_id = %s"
    (of_item,) = sql(permissions, *before[0])
    migrations.add(
        "tenantry_items",
        "0002_new",
        "RenameModel('Item', 'Article')",
        after="tenantry_items.0001_item tenantry_orders",
    )

    call_command(command, verbosity=0)

    assert before == sql(
        "SELECT id FROM django_content_type "
        "WHERE (app_label, model) = ('tenantry_items', 'article')"
    )
    assert sql(permissions, *before[0])[0] >= of_item

    call_command(command, "tenantry_items", "0001", verbosity=0)

    ContentType.objects.clear_cache()
    assert (ContentType.objects.get_by_natural_key("tenantry_items", "item").pk,) == before[0]
