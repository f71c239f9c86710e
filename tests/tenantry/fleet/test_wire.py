"""What a run really sends to a tenant, and that each field lands where it belongs."""

import re

import pytest
from django.db import connection

from tests.tenantry.provisioning.processes import deadly_wire

from .conftest import Scripts, Sql, run_fleet
from .scripts import COLOR, add_field

pytestmark = [pytest.mark.django_db, pytest.mark.proof]

DDL = re.compile(r"CREATE|ALTER")


def test_a_field_with_an_index_takes_nine_messages_a_tenant(scripts: Scripts) -> None:
    """Each tenant of the fleet waits for each of them; Citus wants each DDL statement alone."""
    add_field(scripts)
    connection.close()
    with deadly_wire() as wire:
        run_fleet()
        connection.close()
    read = next(at for at, query in enumerate(wire.queries) if '"acme".django_migrations' in query)
    acme = wire.queries[read - 1 : wire.queries.index("COMMIT", read) + 1]
    heads = ["DDL" if DDL.match(query) else query.split()[0] for query in acme]
    assert heads == ["BEGIN", "SET", "SET", "DDL", "DDL", "DDL", "DDL", "SET", "COMMIT"]
    assert not [query for query in acme if DDL.match(query) and ";" in query]


def test_a_default_that_looks_into_another_tenant_takes_no_field_there(
    scripts: Scripts, sql: Sql
) -> None:
    scripts.add(
        "tenantry_items",
        "0002_color",
        COLOR.replace("'red'", "ask_in_globex"),
        after="tenantry_items.0001_item",
    )
    assert run_fleet(tenants=("acme",)).succeeded
    assert _columns(sql, "acme") - _columns(sql, "globex") == {"color"}


def test_a_default_finds_the_field_that_was_added_before_its_own(
    scripts: Scripts, sql: Sql
) -> None:
    scripts.add(
        "tenantry_items",
        "0002_color",
        f"{COLOR}, migrations.AddField('item', 'shades', models.TextField(default=ask_for_colors))",
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
