"""The messages that a run sends to PostgreSQL for each tenant."""

import re

import pytest
from django.db import connection

from tests.tenantry.provisioning.processes import deadly_wire

from .conftest import MigrationWriter, Sql, run_fleet
from .sample_migrations import COLOR, add_field

pytestmark = [pytest.mark.django_db, pytest.mark.proof]

DDL = re.compile(r"CREATE|ALTER")


def test_a_field_with_an_index_takes_nine_messages_for_each_tenant(
    migrations: MigrationWriter,
) -> None:
    """Each message is a round trip in each tenant. Citus needs one DDL statement in each."""
    add_field(migrations)
    connection.close()
    with deadly_wire() as wire:
        run_fleet()
        connection.close()
    read = next(at for at, query in enumerate(wire.queries) if '"acme".django_migrations' in query)
    acme = wire.queries[read - 1 : wire.queries.index("COMMIT", read) + 1]
    heads = ["DDL" if DDL.match(query) else query.split()[0] for query in acme]
    assert heads == ["BEGIN", "SET", "SET", "DDL", "DDL", "DDL", "DDL", "SET", "COMMIT"]
    assert not [query for query in acme if DDL.match(query) and ";" in query]


def test_a_default_that_reads_another_tenant_adds_no_field_there(
    migrations: MigrationWriter, sql: Sql
) -> None:
    migrations.add(
        "tenantry_items",
        "0002_color",
        COLOR.replace("'red'", "default_from_globex"),
        after="tenantry_items.0001_item",
    )
    assert run_fleet(tenants=("acme",)).succeeded
    assert _columns(sql, "acme") - _columns(sql, "globex") == {"color"}


def test_a_default_can_read_the_field_added_before(migrations: MigrationWriter, sql: Sql) -> None:
    migrations.add(
        "tenantry_items",
        "0002_color",
        f"{COLOR},"
        "migrations.AddField('item', 'shades', models.TextField(default=default_from_colors))",
        after="tenantry_items.0001_item",
    )
    assert run_fleet().succeeded
    assert {"color", "shades"} <= _columns(sql, "acme")


def _columns(sql: Sql, schema_name: str) -> set[object]:
    return {
        name
        for (name,) in sql(
            """
            SELECT column_name FROM information_schema.columns
            WHERE table_schema = %s AND table_name = 'tenantry_items_item'
            """,
            schema_name,
        )
    }
