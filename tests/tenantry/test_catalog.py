"""A schema is described by its structure alone."""

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


def test_the_order_of_columns_counts(db: None) -> None:
    create("here", "CREATE TABLE t (a int, b int, c int)")
    create("there", "CREATE TABLE t (a int, c int, b int)")
    assert differences("here", "there") == [
        "t: the order of columns is a, b, c in here, a, c, b in there"
    ]


def test_a_dropped_column_leaves_no_trace(db: None) -> None:
    create("here", "CREATE TABLE t (a int, b int)")
    create("there", "CREATE TABLE t (gone int, a int, b int)\n\nALTER TABLE t DROP gone")
    assert fingerprint("here") == fingerprint("there")


def test_a_not_null_constraint_that_kept_the_name_of_its_old_column_is_seen(db: None) -> None:
    create("here", "CREATE TABLE t (a int NOT NULL)")
    create("there", "CREATE TABLE t (b int NOT NULL)\n\nALTER TABLE t RENAME b TO a")
    line = (
        "t: column a is integer NOT NULL in here, integer CONSTRAINT t_b_not_null NOT NULL in there"
    )
    is_catalogued = server_version() >= 180000
    assert differences("here", "there") == ([line] if is_catalogued else [])


def test_what_was_dumped_and_restored_is_not_different(db: None) -> None:
    """PostgreSQL words `IN` on a varchar in another way once it has read its own words."""
    create("here", "CREATE TABLE t (a varchar(9) CONSTRAINT c CHECK (a IN ('x', 'it''s')))")
    worded = run("here", "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'c'")
    create("there", f"CREATE TABLE t (a varchar(9), CONSTRAINT c {worded[0][0]})")
    assert fingerprint("here") == fingerprint("there")


@pytest.mark.parametrize("name", ["shop", "placed", "new", "order", "value"])
def test_a_tenant_called_like_a_word_in_its_functions_is_not_different(db: None, name: str) -> None:
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
def test_what_is_not_copied_is_not_different_in_each_tenant(db: None, sql: str) -> None:
    create("here", sql)
    create("there", sql)
    assert differences("here", "there") == []
    assert fingerprint("here") == fingerprint("there")


def test_another_tenant_named_in_a_function_is_a_difference(db: None) -> None:
    body = "CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM %s.t'"
    create("here", "CREATE TABLE t (a int)\n\n" + body % "here")
    create("there", "CREATE TABLE t (a int)\n\n" + body % "here")
    assert len(differences("here", "there")) == 1
    assert fingerprint("here") != fingerprint("there")


def test_rows_and_sequence_values_are_no_structure(db: None) -> None:
    create("here", "CREATE TABLE t (id serial)")
    before = fingerprint("here")
    run("here", "INSERT INTO t DEFAULT VALUES")
    assert fingerprint("here") == before


def test_a_schema_that_does_not_exist_holds_nothing(db: None) -> None:
    assert describe_schema("absent").objects == ()


# What SQL can set, each in a list that the server may keep more in.
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


def test_options_that_sql_sets_are_copied_and_a_change_of_one_is_found(db: None) -> None:
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
