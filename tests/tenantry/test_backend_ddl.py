"""DDL works in the tenant's schema, also statements that cannot run in a transaction."""

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import (
    DatabaseError,
    OperationalError,
    ProgrammingError,
    migrations,
    models,
    transaction,
)
from django.db.migrations.state import ProjectState
from pytest_django import Settings

from tenantry.context import tenant_context
from tenantry.errors import SchemaMissing
from tenantry.postgres.base import DatabaseWrapper
from tenantry.statements import several_statements

from .conftest import fetch_value, visible_schema
from .test_backend_statements import PREFIX
from .wire import Wire


def run(connection: DatabaseWrapper, sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize("atomic", [True, False])
@pytest.mark.parametrize("include_public", [True, False])
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE lost ()",
        "SELECT 1; CREATE TABLE lost ()",
        "BEGIN; CREATE TABLE lost (); COMMIT",
        "DO $$ BEGIN CREATE TABLE lost (); END $$",
        "EXPLAIN ANALYZE CREATE TABLE lost AS SELECT 1",
        "CREATE INDEX CONCURRENTLY lost ON tenantry_organizations_organization (id)",
    ],
)
@several_statements(reason="A test of several statements.")
def test_nothing_is_created_in_public_when_the_tenants_schema_does_not_exist(
    own: DatabaseWrapper, statement: str, include_public: bool, atomic: bool
) -> None:
    with transaction.atomic("own") if atomic else nullcontext():
        with (
            tenant_context("nowhere", include_public=include_public),
            pytest.raises(SchemaMissing, match="no schema 'nowhere'"),
        ):
            run(own, statement)
        assert fetch_value(own, "SELECT to_regclass('lost')") is None
    assert own.connection.info.transaction_status == 0


def test_a_new_schema_can_be_used_in_the_transaction_that_creates_it(own: DatabaseWrapper) -> None:
    with transaction.atomic("own"):
        run(own, "CREATE SCHEMA green")
        with tenant_context("green"):
            run(own, "CREATE TABLE note AS SELECT 'green' AS text")
            assert visible_schema(own) == "green"
        run(own, "DROP SCHEMA green CASCADE")


def test_ddl_has_its_own_message_for_citus(own: DatabaseWrapper, wire: Wire) -> None:
    with tenant_context("red"), transaction.atomic("own"):
        run(own, "CREATE TABLE a ()")
        transaction.set_rollback(True, "own")
    assert wire.queries == [
        "BEGIN",
        f"{PREFIX}SELECT current_schema()",
        "CREATE TABLE a ()",
        "ROLLBACK",
    ]


@pytest.fixture
def labelled(own: DatabaseWrapper, settings: Settings) -> Iterator[ProjectState]:
    """A model with a table in both tenants, and the state of its migrations."""
    settings.DATABASE_ROUTERS = []
    state = ProjectState()
    create = migrations.CreateModel(
        "Label", [("id", models.BigAutoField(primary_key=True)), ("text", models.TextField())]
    )
    create.state_forwards("labels", state)
    for schema in ("red", "blue"):
        with tenant_context(schema), own.schema_editor() as editor:
            create.database_forwards("labels", editor, ProjectState(), state)
    yield state
    for schema in ("red", "blue"):
        with tenant_context(schema):
            run(own, "DROP TABLE labels_label CASCADE")


def migrate(own: DatabaseWrapper, operation: Any, state: ProjectState, *, atomic: bool) -> Any:
    after = state.clone()
    operation.state_forwards("labels", after)
    with own.schema_editor(atomic=atomic) as editor:
        operation.database_forwards("labels", editor, state, after)
    return after


def indexes(own: DatabaseWrapper) -> list[str]:
    with own.cursor() as cursor:
        cursor.execute("SELECT schemaname FROM pg_indexes WHERE indexname = 'label_text'")
        return [schema for (schema,) in cursor.fetchall()]


def test_add_index_concurrently_works_on_the_tenants_table(
    own: DatabaseWrapper, labelled: ProjectState
) -> None:
    add = AddIndexConcurrently("label", models.Index(fields=["text"], name="label_text"))
    with tenant_context("red"):
        after = migrate(own, add, labelled, atomic=False)
        assert indexes(own) == ["red"]
        migrate(own, RemoveIndexConcurrently("label", "label_text"), after, atomic=False)
        assert indexes(own) == []


def test_a_foreign_key_can_be_added_and_removed_after_a_change_of_tenant(
    own: DatabaseWrapper, labelled: ProjectState
) -> None:
    add = migrations.AddField(
        "label", "parent", models.ForeignKey("labels.Label", models.CASCADE, null=True)
    )
    alter = migrations.AlterField("label", "parent", models.BigIntegerField(null=True))
    for schema in ("red", "blue"):
        with tenant_context(schema):
            after = migrate(own, add, labelled, atomic=True)
            # Starts with SET CONSTRAINTS, which finds the constraint by its name.
            migrate(own, alter, after, atomic=True)
            with own.cursor() as cursor:
                assert own.introspection.get_relations(cursor, "labels_label") == {}


@pytest.mark.parametrize("statement", ["VACUUM note", "REINDEX TABLE CONCURRENTLY note"])
def test_a_statement_that_cannot_run_in_a_transaction_gets_its_own_session(
    own: DatabaseWrapper, wire: Wire, statement: str
) -> None:
    with tenant_context("red"), own.cursor() as cursor:
        cursor.execute(statement)
        assert cursor.query == statement.encode()
    session = wire.startups[-1]
    assert session["options"].strip() == '-c search_path="red","public",pg_temp'
    assert wire.queries[-2:] == ["SELECT current_schema()", statement]
    assert len(wire.startups) == 2
    assert reads_from(own, "red")


def reads_from(own: DatabaseWrapper, schema: str) -> bool:
    with tenant_context(schema):
        return visible_schema(own) == schema


def test_the_own_session_has_the_same_parameters(own: DatabaseWrapper, wire: Wire) -> None:
    own.settings_dict["STATEMENT_TIMEOUT"] = 10_000
    own.settings_dict["OPTIONS"]["options"] = "-c application_name=given"
    with tenant_context("red"):
        run(own, "VACUUM note")
    assert wire.startups[-1]["options"] == (
        '-c application_name=given -c statement_timeout=10000 -c search_path="red","public",pg_temp'
    )


def test_the_own_session_quotes_schema_names(own: DatabaseWrapper, settings: Settings) -> None:
    settings.TENANCY_LEGACY_SCHEMA_NAMES = True
    run(own, 'CREATE SCHEMA "Old Client-1"')
    with tenant_context("Old Client-1"):
        run(own, "CREATE TABLE note AS SELECT 'Old Client-1' AS text")
        assert visible_schema(own) == "Old Client-1"
        run(own, "CREATE INDEX CONCURRENTLY note_text ON note (text)")
        assert fetch_value(own, "SELECT to_regclass('note_text') IS NOT NULL")
    run(own, 'DROP SCHEMA "Old Client-1" CASCADE')


def test_the_own_session_bypasses_the_pooler_and_uses_the_same_database(
    own: DatabaseWrapper, wire: Wire
) -> None:
    direct = {"HOST": own.settings_dict["HOST"], "PORT": wire.port, "NAME": "other"}
    own.settings_dict["DIRECT_CONNECTION"] = direct
    own.settings_dict["PORT"] = wire.target[1]
    with tenant_context("red"):
        run(own, "VACUUM note")
    (session,) = wire.startups
    assert session["database"] == own.settings_dict["NAME"]


def test_the_error_of_an_impossible_session_names_the_setting(own: DatabaseWrapper) -> None:
    own.settings_dict["DIRECT_CONNECTION"] = {"HOST": "127.0.0.1", "PORT": 1}
    with tenant_context("red"), pytest.raises(OperationalError, match="DIRECT_CONNECTION"):
        run(own, "VACUUM note")


def test_vacuum_in_a_transaction_raises(own: DatabaseWrapper) -> None:
    raises = pytest.raises(DatabaseError, match="inside a transaction block")
    with tenant_context("red"), raises, transaction.atomic("own"):
        run(own, "VACUUM note")


@pytest.mark.parametrize("atomic", [True, False])
@several_statements(reason="A test of several statements.")
def test_a_commit_inside_do_raises_with_a_hint(own: DatabaseWrapper, atomic: bool) -> None:
    with (
        transaction.atomic("own") if atomic else nullcontext(),
        tenant_context("red"),
        pytest.raises(DatabaseError, match=r"(?s)invalid transaction.*HINT:  The tenant's search"),
        transaction.atomic("own") if atomic else nullcontext(),
    ):
        run(own, "DO $$ BEGIN COMMIT; END $$")


def test_a_procedure_of_the_tenant_can_be_called(own: DatabaseWrapper) -> None:
    with tenant_context("red"):
        run(
            own,
            "CREATE PROCEDURE jot(text) LANGUAGE sql AS $$ INSERT INTO note VALUES ($1); $$",
        )
        with own.cursor() as cursor:
            cursor.execute("CALL jot(%s)", ["100%"])
        assert fetch_value(own, "SELECT count(*) FROM note WHERE text = '100%'") == 1
        run(own, "DELETE FROM note WHERE text = '100%'")
        run(own, "DROP PROCEDURE jot")


def test_databases_are_created_and_dropped_in_autocommit(own: DatabaseWrapper) -> None:
    name = f"{own.settings_dict['NAME']}_other"
    with own._nodb_cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
        cursor.execute(f'DROP DATABASE "{name}"')
        with pytest.raises(ProgrammingError):
            cursor.execute(f'DROP DATABASE "{name}"')
