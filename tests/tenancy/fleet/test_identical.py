"""A run leaves exactly what django-tenants' `migrate_schemas` leaves."""

from collections.abc import Callable

import pytest
from django.core.management import call_command
from pytest_django import Settings

from shared_apps.tenancy.fleet import state

from .conftest import Scripts, add_empty_tenant, run_fleet

pytestmark = pytest.mark.django_db

Sql = Callable[..., list[tuple[object, ...]]]
Script = Callable[[Scripts], None]

COLOR = (
    "migrations.AddField('item', 'color', "
    "models.CharField(max_length=9, default='red', db_index=True))"
)


def add_field(scripts: Scripts) -> None:
    scripts.add("items", "0002_color", COLOR, after="items.0001_item")


def run_python(scripts: Scripts) -> None:
    add_field(scripts)
    scripts.add(
        "items",
        "0003_names",
        "migrations.RunPython(name_colors, unname_colors)",
        after="items.0002_color",
    )


def run_python_between_schema_changes(scripts: Scripts) -> None:
    scripts.add(
        "items",
        "0002_color",
        f"""
        {COLOR},
        migrations.RenameField('item', 'description', 'text'),
        migrations.RenameField('item', 'text', 'description'),
        migrations.RunPython(name_colors, migrations.RunPython.noop),
        migrations.RunPython(migrations.RunPython.noop, migrations.RunPython.noop),
        """,
        after="items.0001_item",
    )


def run_sql(scripts: Scripts) -> None:
    scripts.add(
        "items",
        "0002_sql",
        """
        migrations.RunSQL(
            "CREATE VIEW cheap AS SELECT id, '100%' AS c FROM items_item WHERE price < 5",
            "DROP VIEW cheap",
        ),
        migrations.RunSQL(
            [("INSERT INTO items_item (sku, description, price, is_active, created_at, updated_at) "
              "VALUES (%s, '', 1, true, now(), now())", ["raw"])],
            "DELETE FROM items_item WHERE sku = 'raw'",
            state_operations=[migrations.AlterModelOptions('item', {'verbose_name': 'thing'})],
        ),
        """,
        after="items.0001_item",
    )


def separate_database_and_state(scripts: Scripts) -> None:
    scripts.add(
        "items",
        "0002_separate",
        """
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.AddField('item', 'size', models.IntegerField(default=3)),
                migrations.SeparateDatabaseAndState(
                    database_operations=[migrations.RenameField('item', 'size', 'width')],
                    state_operations=[migrations.RenameField('item', 'size', 'width')],
                ),
                migrations.AlterField('item', 'width', models.BigIntegerField(default=3)),
            ],
            state_operations=[
                migrations.AddField('item', 'width', models.BigIntegerField(default=3)),
            ],
        ),
        migrations.AddIndex('item', models.Index(fields=['width'], name='item_width')),
        """,
        after="items.0001_item",
    )


def not_atomic(scripts: Scripts) -> None:
    scripts.add(
        "items",
        "0002_color",
        f"{COLOR}, migrations.RunPython(name_colors, unname_colors, atomic=True)",
        after="items.0001_item",
        atomic="False",
    )
    scripts.add(
        "items",
        "0003_size",
        "migrations.AddField('item', 'size', models.IntegerField(null=True))",
        after="items.0002_color",
    )


def index_concurrently(scripts: Scripts) -> None:
    scripts.add(
        "items",
        "0002_index",
        "__import__('django.contrib.postgres.operations', fromlist=['_']).AddIndexConcurrently("
        "'item', models.Index(fields=['description'], name='item_description'))",
        after="items.0001_item",
        atomic="False",
    )


def swappable_model(scripts: Scripts) -> None:
    scripts.add(
        "items",
        "0002_owner",
        """
        migrations.AddField('item', 'owner', models.ForeignKey(
            settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, db_constraint=False)),
        """,
        after="items.0001_item users.0001_user_and_token",
    )


def across_apps(scripts: Scripts) -> None:
    add_field(scripts)
    scripts.add(
        "orders",
        "0002_favourite",
        "migrations.AddField('order', 'favourite', "
        "models.ForeignKey('items.Item', models.SET_NULL, null=True))",
        after="orders.0001_order_and_line items.0002_color",
    )
    scripts.add(
        "items",
        "0003_orders",
        "migrations.AddField('item', 'orders', models.ManyToManyField('orders.Order'))",
        after="items.0002_color orders.0002_favourite",
    )


def renames(scripts: Scripts) -> None:
    scripts.add(
        "items",
        "0002_renames",
        """
        migrations.RenameModel('Item', 'Article'),
        migrations.RenameField('article', 'sku', 'code'),
        migrations.AlterField('article', 'price', models.FloatField()),
        migrations.CreateModel('Tag', [
            ('id', models.BigAutoField(primary_key=True)),
            ('article', models.ForeignKey('items.Article', models.CASCADE)),
            ('name', models.CharField(max_length=5, unique=True)),
        ], options={'unique_together': {('article', 'name')}}),
        """,
        after="items.0001_item orders.0001_order_and_line",
    )
    scripts.add(
        "items",
        "0003_table",
        """
        migrations.AlterModelTable('article', 'articles'),
        migrations.AddConstraint('tag', models.CheckConstraint(
            condition=~models.Q(name=''), name='tag_named')),
        migrations.AlterUniqueTogether('tag', set()),
        """,
        after="items.0002_renames",
    )


def squashed(scripts: Scripts) -> None:
    scripts.add(
        "items",
        "0002_squashed",
        f"{COLOR}, migrations.AddField('item', 'size', models.IntegerField(null=True))",
        after="items.0001_item",
        replaces="[('items', '0002_color'), ('items', '0003_size')]",
    )
    add_field(scripts)
    scripts.add(
        "items",
        "0003_size",
        "migrations.AddField('item', 'size', models.IntegerField(null=True))",
        after="items.0002_color",
    )


SCRIPTS = [
    add_field,
    run_python,
    run_python_between_schema_changes,
    run_sql,
    separate_database_and_state,
    not_atomic,
    index_concurrently,
    swappable_model,
    across_apps,
    renames,
    squashed,
]


def description(sql: Sql, schema_name: str) -> dict[str, object]:
    """Everything a migration can change, without the schema's own name and the times."""
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
    (table,) = [name for name, kind in relations if name in ("items_item", "articles")]
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


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.__name__)
def test_forwards_and_backwards_leave_what_migrate_schemas_leaves(
    script: Script, scripts: Scripts, sql: Sql
) -> None:
    script(scripts)
    call_command("migrate_schemas", schema_name="acme", verbosity=0)
    assert run_fleet().failures == []
    assert description(sql, "globex") == description(sql, "acme")
    assert state.pending() == []

    call_command("migrate_schemas", "items", "0001", schema_name="acme", verbosity=0)
    assert run_fleet("items", "0001", tenants=("globex",)).failures == []
    assert description(sql, "globex") == description(sql, "acme")
    assert set(state.pending()) == {"acme", "globex", "public", "tenancy_template"}


@pytest.mark.parametrize("script", [across_apps, not_atomic, squashed])
def test_fake_records_what_migrate_schemas_records(
    script: Script, scripts: Scripts, sql: Sql
) -> None:
    script(scripts)
    call_command("migrate_schemas", schema_name="acme", verbosity=0, fake=True)
    assert run_fleet(fake=True).failures == []
    assert description(sql, "globex") == description(sql, "acme")


def test_content_types_in_the_tenants_are_each_tenants_own(
    scripts: Scripts, sql: Sql, settings: Settings
) -> None:
    """With contenttypes in TENANT_APPS, as many projects on django-tenants have it."""
    settings.TENANT_APPS = [*settings.TENANT_APPS, "django.contrib.contenttypes"]
    for schema_name in ("zeta", "eta", "theta"):
        add_empty_tenant(sql, schema_name)
    call_command("migrate_schemas", schema_name="zeta", verbosity=0)
    run_fleet()
    shift = "UPDATE {0}.django_content_type SET id = id + 1000"
    for schema_name in ("zeta", "eta", "theta"):
        sql(shift.format(schema_name))
    sql("UPDATE theta.django_content_type SET id = id + 1000")
    scripts.add(
        "items",
        "0002_article",
        "migrations.RunPython(note_content_type), migrations.RenameModel('Item', 'Article')",
        after="items.0001_item orders.0001_order_and_line "
        "contenttypes.0002_remove_content_type_name",
    )
    call_command("migrate_schemas", schema_name="zeta", verbosity=0)
    assert run_fleet().failures == []

    def content_types(schema_name: str) -> list[tuple[object, ...]]:
        return sql(
            f"SELECT app_label, model FROM {schema_name}.django_content_type "
            "WHERE app_label IN ('items', 'orders') ORDER BY 1, 2"
        )

    assert ("items", "article") in content_types("eta")
    assert content_types("eta") == content_types("theta") == content_types("zeta")
    for schema_name in ("zeta", "eta", "theta"):
        ((noted,),) = sql(f"SELECT description FROM {schema_name}.items_article")
        query = f"SELECT id::text FROM {schema_name}.django_content_type WHERE model = 'article'"
        assert sql(query) == [(noted,)]
