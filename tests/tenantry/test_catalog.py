"""The description of a schema contains its structure only."""

import pytest

from tenantry.schemas.catalog import describe_schema, differences, fingerprint
from tests.tenantry.schemas import (
    EVERYTHING,
    create,
    create_and_copy,
    create_extensions,
    run,
    server_version,
)


def test_another_order_of_columns_is_a_difference(db: None) -> None:
    create("here", "CREATE TABLE t (a int, b int, c int)")
    create("there", "CREATE TABLE t (a int, c int, b int)")
    assert differences("here", "there") == [
        "t: the order of columns is a, b, c in here, a, c, b in there"
    ]


def test_a_dropped_column_is_not_a_difference(db: None) -> None:
    create("here", "CREATE TABLE t (a int, b int)")
    create("there", "CREATE TABLE t (gone int, a int, b int)\n\nALTER TABLE t DROP gone")
    assert fingerprint("here") == fingerprint("there")


def test_a_not_null_constraint_with_the_name_of_a_renamed_column_is_a_difference(db: None) -> None:
    create("here", "CREATE TABLE t (a int NOT NULL)")
    create("there", "CREATE TABLE t (b int NOT NULL)\n\nALTER TABLE t RENAME b TO a")
    line = (
        "t: column a is integer NOT NULL in here, integer CONSTRAINT t_b_not_null NOT NULL in there"
    )
    has_named_not_null = server_version() >= 180000
    assert differences("here", "there") == ([line] if has_named_not_null else [])


def test_a_restored_dump_is_not_a_difference(db: None) -> None:
    """PostgreSQL prints `IN` on a varchar differently after it has parsed its own output."""
    create("here", "CREATE TABLE t (a varchar(9) CONSTRAINT c CHECK (a IN ('x', 'it''s')))")
    printed = run("here", "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'c'")
    create("there", f"CREATE TABLE t (a varchar(9), CONSTRAINT c {printed[0][0]})")
    assert fingerprint("here") == fingerprint("there")


@pytest.mark.parametrize("name", ["shop", "placed", "new", "order", "value"])
def test_a_schema_name_that_is_a_word_in_its_functions_is_not_a_difference(
    db: None, name: str
) -> None:
    create_extensions()
    create("everything", EVERYTHING)
    create(f'"{name}"')
    for statement in EVERYTHING.replace("{schema}", f'"{name}"').split("\n\n"):
        run(name, statement.replace(f"'\"{name}\"'", f"'{name}'"))
    assert differences("everything", name) == []


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TEXT SEARCH CONFIGURATION words (COPY = simple)",
        "CREATE TEXT SEARCH DICTIONARY words (TEMPLATE = simple)",
        'CREATE COLLATION ours FROM "C"',
        "CREATE CONVERSION ours FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
        (
            "CREATE TYPE mood AS ENUM ('sad')\n\n"
            "CREATE FUNCTION same(mood, mood) RETURNS bool LANGUAGE sql AS 'SELECT true'\n\n"
            "CREATE OPERATOR === (PROCEDURE = same, LEFTARG = mood, RIGHTARG = mood)"
        ),
    ],
)
def test_objects_that_cannot_be_copied_are_not_a_difference(db: None, sql: str) -> None:
    create("here", sql)
    create("there", sql)
    assert differences("here", "there") == []
    assert fingerprint("here") == fingerprint("there")


def test_the_name_of_another_tenant_in_a_function_is_a_difference(db: None) -> None:
    body = "CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM %s.t'"
    create("here", "CREATE TABLE t (a int)\n\n" + body % "here")
    create("there", "CREATE TABLE t (a int)\n\n" + body % "here")
    assert len(differences("here", "there")) == 1
    assert fingerprint("here") != fingerprint("there")


def test_rows_and_sequence_values_are_not_a_difference(db: None) -> None:
    create("here", "CREATE TABLE t (id serial)")
    before = fingerprint("here")
    run("here", "INSERT INTO t DEFAULT VALUES")
    assert fingerprint("here") == before


def test_a_missing_schema_has_no_objects(db: None) -> None:
    assert describe_schema("absent").objects == ()


# Options that SQL can set, in lists to which the server can add its own.
OPTIONS = """
CREATE TABLE t (a text, b text, EXCLUDE USING gist (b WITH =) WITH (fillfactor = 60))

ALTER TABLE t ALTER a SET (n_distinct = 5, n_distinct_inherited = 7)

ALTER TABLE t SET (fillfactor = 70, autovacuum_enabled = off, toast.vacuum_truncate = off)

CREATE INDEX i ON t USING gin (a public.gin_trgm_ops) WITH (fastupdate = off)

CREATE INDEX j ON t USING gist (a public.gist_trgm_ops (siglen = 32), b)

CREATE INDEX k ON t ((a || b))

ALTER INDEX k ALTER COLUMN 1 SET STATISTICS 300

CREATE STATISTICS s ON a, b FROM t

ALTER STATISTICS s SET STATISTICS 200

CREATE VIEW v WITH (security_barrier) AS SELECT * FROM t
"""


def test_options_are_copied_and_each_change_is_a_difference(db: None) -> None:
    create_extensions()
    create_and_copy(OPTIONS)
    for change in (
        "ALTER TABLE t ALTER a SET (n_distinct = 6)",
        "ALTER TABLE t SET (autovacuum_enabled = on)",
        "ALTER TABLE t RESET (toast.vacuum_truncate)",
        "ALTER INDEX i SET (fastupdate = on)",
        "ALTER INDEX k ALTER COLUMN 1 SET STATISTICS 301",
        "ALTER STATISTICS s SET STATISTICS 201",
        "ALTER VIEW v SET (security_barrier = off)",
    ):
        before = fingerprint("target")
        run("target", change)
        assert fingerprint("target") != before, change
