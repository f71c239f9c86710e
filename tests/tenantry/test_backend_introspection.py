"""Introspection sees the active schema only, and changes no session."""

from io import StringIO

from django.core.management import call_command
from django.db.migrations.recorder import MigrationRecorder

from shared_apps.organizations.models import Organization
from tenantry.context import tenant_context
from tenantry.postgres.base import DatabaseWrapper


def test_only_tables_of_the_tenant_or_of_public_are_found(
    own: DatabaseWrapper, acme: Organization
) -> None:
    with tenant_context("red"):
        assert own.introspection.table_names() == ["note"]
    with tenant_context(acme):
        assert "tenantry_items_item" in own.introspection.table_names()
        assert "tenantry_users_user" not in own.introspection.table_names()
    assert "tenantry_users_user" in own.introspection.table_names()
    assert "note" not in own.introspection.table_names()


def test_a_tenant_without_migrations_does_not_use_those_of_public(
    own: DatabaseWrapper, acme: Organization
) -> None:
    with tenant_context("red"):
        assert not MigrationRecorder(own).has_table()
    with tenant_context(acme):
        assert MigrationRecorder(own).has_table()
    assert MigrationRecorder(own).has_table()


def test_columns_and_constraints_are_found_in_the_tenants_table(
    own: DatabaseWrapper, acme: Organization
) -> None:
    with tenant_context(acme), own.cursor() as cursor:
        introspection = own.introspection
        columns = introspection.get_table_description(cursor, "tenantry_items_item")
        assert "sku" in [column.name for column in columns]
        assert introspection.get_primary_key_column(cursor, "tenantry_items_item") == "id"
        assert introspection.get_sequences(cursor, "tenantry_items_item")[0]["column"] == "id"
        assert introspection.get_relations(cursor, "tenantry_orders_orderline") == {
            "order_id": ("id", "tenantry_orders_order"),
            "item_id": ("id", "tenantry_items_item"),
        }
        assert introspection.get_constraints(cursor, "tenantry_users_user") == {}


def test_inspectdb_describes_the_tenant(own: DatabaseWrapper) -> None:
    output = StringIO()
    with tenant_context("red"):
        call_command("inspectdb", database="own", stdout=output)
    assert "class Note(" in output.getvalue()
    assert "class UsersUser(" not in output.getvalue()


def test_public_is_visible_again_afterwards(own: DatabaseWrapper) -> None:
    with tenant_context("red"):
        own.introspection.table_names()
        with own.cursor() as cursor:
            cursor.execute("SELECT current_schemas(false)")
            assert cursor.fetchone() == (["red", "public"],)
