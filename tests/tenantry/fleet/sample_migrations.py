"""Migrations for several tests of the fleet."""

from collections.abc import Callable

from .conftest import MigrationWriter

AddMigrations = Callable[[MigrationWriter], None]

COLOR = (
    "migrations.AddField('item', 'color', "
    "models.CharField(max_length=9, default='red', db_index=True))"
)


def add_to_items(migrations: MigrationWriter, operations: str, **rest: str) -> None:
    migrations.add(
        "tenantry_items", "0002_new", operations, after="tenantry_items.0001_item", **rest
    )


def add_field(migrations: MigrationWriter) -> None:
    migrations.add("tenantry_items", "0002_color", COLOR, after="tenantry_items.0001_item")


def run_python(migrations: MigrationWriter) -> None:
    add_field(migrations)
    migrations.add(
        "tenantry_items",
        "0003_names",
        "migrations.RunPython(create_colored_item, delete_colored_item)",
        after="tenantry_items.0002_color",
    )


def run_python_between_schema_changes(migrations: MigrationWriter) -> None:
    migrations.add(
        "tenantry_items",
        "0002_color",
        f"""
        {COLOR},
        migrations.RenameField('item', 'description', 'text'),
        migrations.RenameField('item', 'text', 'description'),
        migrations.RunPython(create_colored_item, migrations.RunPython.noop),
        migrations.RunPython(migrations.RunPython.noop, migrations.RunPython.noop),
        """,
        after="tenantry_items.0001_item",
    )


def run_sql(migrations: MigrationWriter) -> None:
    migrations.add(
        "tenantry_items",
        "0002_sql",
        """
        migrations.RunSQL(
            "CREATE VIEW cheap AS SELECT id, '100%' AS c FROM tenantry_items_item WHERE price < 5",
            "DROP VIEW cheap",
        ),
        migrations.RunSQL(
            [("INSERT INTO tenantry_items_item "
              "(sku, description, price, is_active, created_at, updated_at) "
              "VALUES (%s, '', 1, true, now(), now())", ["raw"])],
            "DELETE FROM tenantry_items_item WHERE sku = 'raw'",
            state_operations=[migrations.AlterModelOptions('item', {'verbose_name': 'thing'})],
        ),
        """,
        after="tenantry_items.0001_item",
    )


def separate_database_and_state(migrations: MigrationWriter) -> None:
    migrations.add(
        "tenantry_items",
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
        after="tenantry_items.0001_item",
    )


def not_atomic(migrations: MigrationWriter) -> None:
    migrations.add(
        "tenantry_items",
        "0002_color",
        f"{COLOR}, migrations.RunPython(create_colored_item, delete_colored_item, atomic=True)",
        after="tenantry_items.0001_item",
        atomic="False",
    )
    migrations.add(
        "tenantry_items",
        "0003_size",
        "migrations.AddField('item', 'size', models.IntegerField(null=True))",
        after="tenantry_items.0002_color",
    )


def index_concurrently(migrations: MigrationWriter) -> None:
    migrations.add(
        "tenantry_items",
        "0002_index",
        "__import__('django.contrib.postgres.operations', fromlist=['_']).AddIndexConcurrently("
        "'item', models.Index(fields=['description'], name='item_description'))",
        after="tenantry_items.0001_item",
        atomic="False",
    )


def swappable_model(migrations: MigrationWriter) -> None:
    migrations.add(
        "tenantry_items",
        "0002_owner",
        """
        migrations.AddField('item', 'owner', models.ForeignKey(
            settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, db_constraint=False)),
        """,
        after="tenantry_items.0001_item tenantry_users.0002_api_token",
    )


def across_apps(migrations: MigrationWriter) -> None:
    add_field(migrations)
    migrations.add(
        "tenantry_orders",
        "0003_favourite",
        "migrations.AddField('order', 'favourite', "
        "models.ForeignKey('tenantry_items.Item', models.SET_NULL, null=True))",
        after="tenantry_orders tenantry_items.0002_color",
    )
    migrations.add(
        "tenantry_items",
        "0003_orders",
        "migrations.AddField('item', 'orders', models.ManyToManyField('tenantry_orders.Order'))",
        after="tenantry_items.0002_color tenantry_orders.0003_favourite",
    )


def renames(migrations: MigrationWriter) -> None:
    migrations.add(
        "tenantry_items",
        "0002_renames",
        """
        migrations.RenameModel('Item', 'Article'),
        migrations.RenameField('article', 'sku', 'code'),
        migrations.AlterField('article', 'price', models.FloatField()),
        migrations.CreateModel('Tag', [
            ('id', models.BigAutoField(primary_key=True)),
            ('article', models.ForeignKey('tenantry_items.Article', models.CASCADE)),
            ('name', models.CharField(max_length=5, unique=True)),
        ], options={'unique_together': {('article', 'name')}}),
        """,
        after="tenantry_items.0001_item tenantry_orders",
    )
    migrations.add(
        "tenantry_items",
        "0003_table",
        """
        migrations.AlterModelTable('article', 'articles'),
        migrations.AddConstraint('tag', models.CheckConstraint(
            condition=~models.Q(name=''), name='tag_named')),
        migrations.AlterUniqueTogether('tag', set()),
        """,
        after="tenantry_items.0002_renames",
    )


def squashed(migrations: MigrationWriter) -> None:
    migrations.add(
        "tenantry_items",
        "0002_squashed",
        f"{COLOR}, migrations.AddField('item', 'size', models.IntegerField(null=True))",
        after="tenantry_items.0001_item",
        replaces="[('tenantry_items', '0002_color'), ('tenantry_items', '0003_size')]",
    )
    add_field(migrations)
    migrations.add(
        "tenantry_items",
        "0003_size",
        "migrations.AddField('item', 'size', models.IntegerField(null=True))",
        after="tenantry_items.0002_color",
    )


def fail_in_globex(migrations: MigrationWriter) -> None:
    migrations.add(
        "tenantry_items",
        "0002_fails",
        f"{COLOR}, migrations.RunPython(fail_in_globex, migrations.RunPython.noop)",
        after="tenantry_items.0001_item",
    )


SAMPLES = [
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
