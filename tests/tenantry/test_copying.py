"""A copy of a schema has the structure and rows of its source, and works without it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from pytest_django import DjangoDbBlocker

from tenantry.errors import CopyDiffers, InvalidSchemaName
from tenantry.provisioning import create_schema
from tenantry.schemas.catalog import ANY_SCHEMA, differences, fingerprint
from tenantry.schemas.copy import copy_statements
from tests.tenantry.schemas import EVERYTHING, copy_schema, create, existing, run, uncopyable

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def everything(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    with django_db_blocker.unblock(), existing("everything", EVERYTHING):
        yield "everything"


def test_an_object_of_each_kind_is_copied_exactly(everything: str) -> None:
    assert uncopyable(everything) == []
    create("target")
    copy_schema(everything, "target")
    create("next_target")
    copy_schema("target", "next_target")
    assert fingerprint(everything) == fingerprint("target") == fingerprint("next_target")


def test_the_schema_of_the_tenant_apps_is_copied_exactly() -> None:
    create_schema("source")
    create("target")
    copy_schema("source", "target")
    assert differences("source", "target") == []
    migrations = "SELECT id, app, name, applied FROM django_migrations ORDER BY id"
    assert run("target", migrations) == run("source", migrations)


def test_the_copy_works_and_does_not_change_its_source(everything: str) -> None:
    create("target")
    copy_schema(everything, "target")
    run("target", "INSERT INTO shop (name, price, status) VALUES ('Ada', 2, 'new')")
    run("target", 'INSERT INTO "order" (shop_id, "line total") VALUES (1, 5)')
    run("target", "REFRESH MATERIALIZED VIEW summary_later")
    run("target", "SET CONSTRAINTS ALL IMMEDIATE")
    assert run("target", "SELECT double_price, feeling, ticket, tags FROM shop") == [
        (4, "happy", 20, ["a", "b"])
    ]
    assert run("target", 'SELECT number, code FROM "order"') == [(1, 7)]
    assert run("target", "SELECT entry FROM log") == [("target Ada",)]
    assert run("target", "SELECT count(*) FROM shops_like('A%')") == [(1,)]
    assert run(everything, "SELECT count(*) FROM shop") == [(0,)]
    assert run(everything, "SELECT count(*) FROM log") == [(0,)]
    run("target", "CALL forget()")
    assert run("target", "SELECT count(*) FROM log") == [(0,)]


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO shop (name, status) VALUES ('a', 'lost')",
        "INSERT INTO shop (name, stars) VALUES ('a', 0)",
        (
            "INSERT INTO shop (name, status) VALUES ('a', 'new'), ('a', 'new');"
            "SET CONSTRAINTS ALL IMMEDIATE"
        ),
        (
            "INSERT INTO shop (name, status, opened) VALUES ('a', 'new', '[2020-01-01,)'),"
            "('a', 'old', '[2021-01-01,)')"
        ),
        'INSERT INTO "order" (shop_id) VALUES (5); SET CONSTRAINTS ALL IMMEDIATE',
        'INSERT INTO "order" (shop_id, "line total") VALUES (5, -1)',
    ],
)
def test_constraints_hold_in_the_copy(everything: str, sql: str) -> None:
    create("target")
    copy_schema(everything, "target")
    with pytest.raises(IntegrityError), transaction.atomic():
        run("target", sql)


@pytest.mark.parametrize("name", ["order", "shop", "placed", "new", "name", "a", "text"])
def test_a_schema_can_have_the_name_of_an_object_in_it(everything: str, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE SCHEMA "{name}"')
    copy_schema(everything, name)
    run(name, "INSERT INTO shop (name, status) VALUES ('Ada', 'new')")
    assert run(name, "SELECT entry FROM log") == [(f"{name} Ada",)]
    run(name, "CALL forget()")
    assert run(name, "SELECT entry FROM log") == []


def test_a_literal_with_the_name_of_the_source_gets_the_name_of_the_copy(db: None) -> None:
    create("source", "CREATE TABLE t (a regclass, b text DEFAULT 'source')")
    run("source", "ALTER TABLE t ADD c regclass DEFAULT to_regclass('source.t')")
    create("target")
    copy_schema("source", "target")
    assert run("target", "INSERT INTO t DEFAULT VALUES RETURNING b, c = 't'::regclass") == [
        ("target", True)
    ]


def test_statements_contain_no_schema_names(everything: str) -> None:
    copy = copy_statements(everything)
    for statement in (*copy.creation, *copy.additions):
        assert everything not in statement
        assert "target" not in statement
    assert sum(ANY_SCHEMA in statement for statement in (*copy.creation, *copy.additions)) == 4


def test_each_statement_is_sent_in_its_own_message(everything: str) -> None:
    copy = copy_statements(everything)
    create("target")
    sent: list[str] = []

    def record(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        sent.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(record):
        copy_schema(everything, "target")
    for statement in (*copy.creation, *copy.additions):
        assert statement.replace(ANY_SCHEMA, "target") in sent


def test_an_invalid_schema_name_raises(everything: str) -> None:
    with pytest.raises(InvalidSchemaName):
        copy_schema(everything, "target; DROP TABLE shop")


def test_a_copy_that_differs_from_its_source_raises(db: None) -> None:
    create("source", "CREATE TABLE t (a int)")
    create("target", "CREATE TABLE u (a int)")
    with pytest.raises(CopyDiffers, match="table u is missing in source") as caught:
        copy_schema("source", "target")
    assert caught.value.differences == ["table u is missing in source"]


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("CREATE TABLE p (a int) PARTITION BY LIST (a)", "partitioned table p: "),
        ("CREATE TABLE p (a int)\n\nCREATE TABLE c () INHERITS (p)", "c: parent p: "),
        ("CREATE TYPE span AS RANGE (subtype = float8)", "range type span: "),
        ('CREATE COLLATION ours FROM "C"', "collation ours: "),
        ("CREATE AGGREGATE total(int) (sfunc = int4pl, stype = int)", "aggregate total(integer): "),
        (
            "CREATE TABLE t (a text DEFAULT 'of source')",
            "t: column a: contains the schema",
        ),
        ("GRANT USAGE ON SCHEMA source TO PUBLIC", "schema source: privileges "),
        (
            "CREATE TABLE t (a int)\n\nCREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING",
            "t: rule r: ",
        ),
        (
            "CREATE TABLE t (a int)\n\nALTER TABLE t FORCE ROW LEVEL SECURITY",
            "t: forced row security: ",
        ),
        ("CREATE TABLE t (a int)\n\nGRANT SELECT ON t TO PUBLIC", "table t: privileges "),
        ("CREATE TABLE t (a int)\n\nGRANT SELECT (a) ON t TO PUBLIC", "column a of table t: "),
        (
            "ALTER DEFAULT PRIVILEGES IN SCHEMA source GRANT SELECT ON TABLES TO PUBLIC",
            "default privileges on new relations ",
        ),
        (
            (
                "CREATE TABLE t (a int)\n\n"
                "CREATE FUNCTION f(t) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1'\n\n"
                "ALTER TABLE t ADD CHECK (f(t) > 0)"
            ),
            "f(t), t: depend on each other",
        ),
    ],
)
def test_uncopyable_names_objects_that_cannot_be_copied(sql: str, reason: str) -> None:
    create("source", sql)
    assert any(line.startswith(reason) for line in uncopyable("source")), uncopyable("source")


@pytest.mark.parametrize(
    ("sql", "commented", "reason"),
    [
        ("CREATE TYPE span AS RANGE (subtype = float8)", "TYPE span", "range type span: "),
        (
            "CREATE AGGREGATE total(int) (sfunc = int4pl, stype = int)",
            "AGGREGATE total(int)",
            "aggregate total(integer): ",
        ),
        (
            "CREATE TEXT SEARCH CONFIGURATION words (COPY = simple)",
            "TEXT SEARCH CONFIGURATION words",
            "text search configuration words: ",
        ),
        (
            "CREATE TABLE t (a int)\n\nCREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING",
            "RULE r ON t",
            "t: rule r: ",
        ),
        ("CREATE TABLE p (a int) PARTITION BY LIST (a)", "TABLE p", "partitioned table p: "),
        ('CREATE COLLATION ours FROM "C"', "COLLATION ours", "collation ours: "),
        (
            "CREATE OPERATOR === (PROCEDURE = int4eq, LEFTARG = int, RIGHTARG = int)",
            "OPERATOR === (int, int)",
            "operator ",
        ),
    ],
)
def test_an_object_that_cannot_be_copied_can_have_a_comment(
    sql: str, commented: str, reason: str
) -> None:
    create("source", f"{sql}\n\nCOMMENT ON {commented} IS 'text'")
    assert any(line.startswith(reason) for line in uncopyable("source")), uncopyable("source")


def test_statements_are_cached_until_the_source_is_migrated(db: None) -> None:
    create_schema("source")
    first = copy_statements("source")
    assert copy_statements("source") is first
    run("source", "INSERT INTO django_migrations (app, name, applied) VALUES ('a', 'b', now())")
    assert copy_statements("source") is not first


def test_rows_that_are_added_without_a_migration_are_copied(db: None) -> None:
    create_schema("source")
    copy_statements("source")
    run(
        "source",
        "INSERT INTO tenantry_orders_order (status, placed_at, user_id) "
        "VALUES ('placed', now(), 1)",
    )
    create("target")
    copy_schema("source", "target")
    assert run("target", "SELECT id FROM tenantry_orders_order") == [(1,)]


def test_the_source_does_not_change(everything: str) -> None:
    before = fingerprint(everything)
    create("target")
    copy_schema(everything, "target")
    assert fingerprint(everything) == before
