"""A twin has the structure and rows of its source, works on its own, and is proved to be one."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from pytest_django import DjangoDbBlocker

from shared_apps.tenancy.catalog import ANY_SCHEMA, differences, fingerprint
from shared_apps.tenancy.copying import copy_schema, copy_statements, uncopyable
from shared_apps.tenancy.errors import CopyDiffers, InvalidSchemaName
from shared_apps.tenancy.provisioning import create_schema
from tests.tenancy.schemas import EVERYTHING, create, existing, run, server_version

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def everything(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A schema with an object of each kind."""
    with django_db_blocker.unblock(), existing("everything", EVERYTHING):
        yield "everything"


def twin_of(sql: str) -> str:
    """Return the name of a twin of a schema `source` made by `sql`."""
    create("source", sql)
    create("twin")
    copy_schema("source", "twin")
    assert fingerprint("twin") == fingerprint("source")
    return "twin"


def test_an_object_of_each_kind_is_copied_exactly(everything: str) -> None:
    assert uncopyable(everything) == []
    create("twin")
    copy_schema(everything, "twin")
    create("next_twin")
    copy_schema("twin", "next_twin")
    assert fingerprint(everything) == fingerprint("twin") == fingerprint("next_twin")


def test_the_schema_of_the_tenant_apps_is_copied_exactly() -> None:
    create_schema("source")
    create("twin")
    copy_schema("source", "twin")
    assert differences("source", "twin") == []
    migrations = "SELECT id, app, name, applied FROM django_migrations ORDER BY id"
    assert run("twin", migrations) == run("source", migrations)


def test_the_twin_works_and_leaves_its_source_alone(everything: str) -> None:
    create("twin")
    copy_schema(everything, "twin")
    run("twin", "INSERT INTO shop (name, price, status) VALUES ('Ada', 2, 'new')")
    run("twin", 'INSERT INTO "order" (shop_id, "line total") VALUES (1, 5)')
    run("twin", "REFRESH MATERIALIZED VIEW summary_later")
    run("twin", "SET CONSTRAINTS ALL IMMEDIATE")
    assert run("twin", "SELECT double_price, feeling, ticket, tags FROM shop") == [
        (4, "happy", 20, ["a", "b"])
    ]
    assert run("twin", 'SELECT number, code FROM "order"') == [(1, 7)]
    assert run("twin", "SELECT entry FROM log") == [("twin Ada",)]
    assert run("twin", "SELECT count(*) FROM shops_like('A%')") == [(1,)]
    assert run(everything, "SELECT count(*) FROM shop") == [(0,)]
    assert run(everything, "SELECT count(*) FROM log") == [(0,)]
    run("twin", "CALL forget()")
    assert run("twin", "SELECT count(*) FROM log") == [(0,)]


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
def test_the_constraints_hold_in_the_twin(everything: str, sql: str) -> None:
    create("twin")
    copy_schema(everything, "twin")
    with pytest.raises(IntegrityError), transaction.atomic():
        run("twin", sql)


@pytest.mark.parametrize("name", ["order", "shop", "placed", "new", "name", "a", "text"])
def test_a_tenant_may_be_called_like_anything_in_the_schema(everything: str, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE SCHEMA "{name}"')
    copy_schema(everything, name)
    run(name, "INSERT INTO shop (name, status) VALUES ('Ada', 'new')")
    assert run(name, "SELECT entry FROM log") == [(f"{name} Ada",)]
    run(name, "CALL forget()")
    assert run(name, "SELECT entry FROM log") == []


def test_a_literal_that_begins_with_the_schema_means_the_twin(db: None) -> None:
    create("source", "CREATE TABLE t (a regclass, b text DEFAULT 'source')")
    run("source", "ALTER TABLE t ADD c regclass DEFAULT to_regclass('source.t')")
    create("twin")
    copy_schema("source", "twin")
    assert run("twin", "INSERT INTO t DEFAULT VALUES RETURNING b, c = 't'::regclass") == [
        ("twin", True)
    ]


def test_rows_keep_their_ids_and_the_next_ones_follow(db: None) -> None:
    twin_of("""
CREATE TABLE parent (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text)

CREATE TABLE child (
    id serial PRIMARY KEY,
    parent_id bigint NOT NULL REFERENCES parent,
    self_id integer REFERENCES child,
    twice bigint GENERATED ALWAYS AS (parent_id * 2) STORED
)

INSERT INTO parent (id, name) OVERRIDING SYSTEM VALUE VALUES (41, 'a'), (42, NULL)

INSERT INTO child (id, parent_id, self_id) VALUES (1, 42, 7), (7, 41, 1)

CREATE TABLE empty (id bigint GENERATED BY DEFAULT AS IDENTITY, down int GENERATED BY DEFAULT
    AS IDENTITY (INCREMENT BY -2 START WITH -10))

CREATE TABLE counted (id bigint GENERATED BY DEFAULT AS IDENTITY)

INSERT INTO counted SELECT FROM generate_series(1, 5)

DELETE FROM counted
""")
    assert run("twin", "SELECT * FROM parent ORDER BY id") == [(41, "a"), (42, None)]
    assert run("twin", "SELECT * FROM child ORDER BY id") == [(1, 42, 7, 84), (7, 41, 1, 82)]
    assert run("twin", "INSERT INTO parent DEFAULT VALUES RETURNING id") == [(43,)]
    assert run("twin", "INSERT INTO child (parent_id) VALUES (41) RETURNING id") == [(8,)]
    assert run("twin", "INSERT INTO empty DEFAULT VALUES RETURNING id, down") == [(1, -10)]
    assert run("twin", "INSERT INTO counted DEFAULT VALUES RETURNING id") == [(6,)]


def test_the_rows_of_materialized_views_are_copied(db: None) -> None:
    twin_of("""
CREATE TABLE t (a int)

INSERT INTO t VALUES (1), (2)

CREATE MATERIALIZED VIEW total AS SELECT sum(a) FROM t

CREATE MATERIALIZED VIEW total_again AS SELECT * FROM total
""")
    assert run("twin", "SELECT * FROM total_again") == [(3,)]


def test_renamed_tables_and_columns_keep_the_old_names_of_what_they_use(db: None) -> None:
    twin_of("""
CREATE TABLE old (
    old_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    old_number serial NOT NULL UNIQUE CHECK (old_number > 0)
)

ALTER TABLE old RENAME TO new

ALTER TABLE new RENAME COLUMN old_id TO id

ALTER TABLE new RENAME COLUMN old_number TO number

INSERT INTO new DEFAULT VALUES

CREATE TABLE old (
    old_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    old_number serial NOT NULL
)
""")
    assert run("twin", "SELECT pg_get_serial_sequence('new', 'id')") == [("twin.old_old_id_seq",)]
    assert run("twin", "INSERT INTO new DEFAULT VALUES RETURNING id, number") == [(2, 2)]


def test_dropped_columns_are_not_copied(db: None) -> None:
    twin_of("""
CREATE TABLE t (gone int, a int, gone_too text DEFAULT 'x', b int)

INSERT INTO t (a, b) VALUES (1, 2)

ALTER TABLE t DROP gone, DROP gone_too
""")
    assert run("twin", "SELECT * FROM t") == [(1, 2)]


def test_objects_that_need_each_other_in_any_order_are_copied(db: None) -> None:
    """Here each object needs one whose name comes later."""
    twin_of("""
CREATE TYPE z AS ENUM ('a')

CREATE TYPE y AS (z z[])

CREATE DOMAIN x AS y

CREATE TABLE w (x x)

CREATE FUNCTION v(w) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT 1'

CREATE VIEW u AS SELECT v(w) FROM w

CREATE FUNCTION t() RETURNS SETOF u LANGUAGE sql AS 'SELECT * FROM u'

CREATE TABLE s (a integer DEFAULT v(NULL), u u[])

CREATE VIEW r AS SELECT a, t() FROM s
""")


@pytest.mark.parametrize(
    "sql",
    [
        """CREATE TABLE "We ""ird"" {name} %s '" (
            "i'd {0}" bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
            "%(n)s" serial CHECK ("%(n)s" > 0),
            "\\" text DEFAULT '{a}\\%s' UNIQUE
        )""",
        """CREATE TABLE t (a int)

        CREATE VIEW v AS SELECT a FROM t WHERE a > 0 WITH LOCAL CHECK OPTION

        ALTER VIEW v ALTER COLUMN a SET DEFAULT 7""",
        "CREATE RECURSIVE VIEW v (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM v WHERE n < 9",
        """CREATE TABLE t (a int)

        CREATE VIEW v AS SELECT t.*, b FROM t JOIN t AS u (b) ON a = b""",
        """CREATE TABLE t (a int PRIMARY KEY WITH (fillfactor = 60), b text) WITH (fillfactor = 80)

        CREATE INDEX ON t USING hash (b)

        CREATE INDEX ON t USING brin (a) WITH (pages_per_range = 8)

        CREATE INDEX ON t ((b || 'x') COLLATE "C" DESC)""",
        """CREATE TABLE t (a int)

        ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u (b) NOT VALID""",
        """CREATE FUNCTION f(a int, b text DEFAULT 'x', VARIADIC c int[] DEFAULT '{}')
            RETURNS TABLE (d int, e text) LANGUAGE sql AS 'SELECT 1, b'

        CREATE FUNCTION f(a text, OUT b int) LANGUAGE plpgsql SECURITY DEFINER PARALLEL SAFE
            STRICT COST 5 AS 'BEGIN b := 1; END'""",
        """CREATE TABLE t (a int)

        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'

        CREATE CONSTRAINT TRIGGER c AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION f()

        CREATE TRIGGER d AFTER UPDATE ON t REFERENCING OLD TABLE AS old NEW TABLE AS new
            FOR EACH STATEMENT EXECUTE FUNCTION f()

        ALTER TABLE t ENABLE REPLICA TRIGGER c, ENABLE ALWAYS TRIGGER d""",
        """CREATE TABLE t (a int NOT NULL UNIQUE)

        ALTER TABLE t REPLICA IDENTITY USING INDEX t_a_key""",
        "CREATE TABLE t ()",
        "CREATE TYPE nothing AS ENUM ()",
        """CREATE TYPE e AS ENUM ('b', 'c')

        ALTER TYPE e ADD VALUE 'a' BEFORE 'b'""",
        """CREATE DOMAIN d AS text COLLATE "C"

        ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE <> '') NOT VALID""",
        """CREATE TABLE t (b text)

        CREATE INDEX ON t (b) WHERE public.similarity(b, 'x') > 0.3""",
        """CREATE TABLE t (a interval day to second(3), b timestamptz(2)[], c bit(3), d char(4),
            e numeric, f varchar[] DEFAULT '{}', g varchar(3) CHECK (g NOT IN ('a', 'b''')))""",
        """CREATE TABLE t (a varchar(5))

        CREATE VIEW v AS SELECT CASE WHEN a IN ('x', 'y') THEN 1 END AS b,
            a BETWEEN 'a' AND 'b' OR a LIKE 'x%' AS c, coalesce(a, 'z') AS d,
            row_number() OVER (PARTITION BY a ORDER BY a DESC NULLS LAST) AS e FROM t
            WHERE EXISTS (SELECT FROM t AS u WHERE u.a = t.a AND u.a = ANY ('{a,b}'))""",
    ],
)
def test_rarer_forms_are_copied_exactly(everything: str, sql: str) -> None:
    create("source", "CREATE TABLE u (b int PRIMARY KEY)")
    for statement in sql.split("\n\n"):
        run("source", statement)
    assert uncopyable("source") == []
    create("twin")
    copy_schema("source", "twin")
    assert fingerprint("twin") == fingerprint("source")


def test_what_is_new_in_postgresql_18_is_copied_exactly(everything: str) -> None:
    if server_version() < 180000:
        pytest.skip("needs PostgreSQL 18")
    twin_of("""
CREATE TABLE t (
    a int NOT NULL NO INHERIT,
    b int GENERATED ALWAYS AS (c * 2) VIRTUAL,
    c int CHECK (c > 0) NOT ENFORCED,
    d daterange,
    CONSTRAINT t_key UNIQUE (a, d WITHOUT OVERLAPS)
)

CREATE TABLE u (
    a int,
    d daterange,
    CONSTRAINT u_t FOREIGN KEY (a, PERIOD d) REFERENCES t (a, PERIOD d)
)

ALTER TABLE u ADD CONSTRAINT u_a NOT NULL a NOT VALID
""")
    run("twin", "INSERT INTO t VALUES (3, DEFAULT, -1, '[2020-01-01,)')")
    assert run("twin", "SELECT b FROM t") == [(-2,)]


def test_a_hundred_tables_are_copied(db: None) -> None:
    create("source")
    for number in range(100):
        run(
            "source",
            f"""CREATE TABLE t{number} (
                id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
                name varchar(20) UNIQUE CHECK (name <> ''),
                other bigint REFERENCES t{max(0, number - 1)} DEFERRABLE INITIALLY DEFERRED
            );
            CREATE INDEX ON t{number} (other)""",
        )
    run("source", "INSERT INTO t99 (name) VALUES ('last')")
    create("twin")
    copy_schema("source", "twin")
    assert fingerprint("twin") == fingerprint("source")
    assert run("twin", "INSERT INTO t99 DEFAULT VALUES RETURNING id") == [(2,)]


def test_statements_name_no_schema_but_the_source_of_rows(everything: str) -> None:
    copy = copy_statements(everything)
    for statement in (*copy.creation, *copy.additions):
        assert everything not in statement
        assert "twin" not in statement
    assert sum(ANY_SCHEMA in statement for statement in (*copy.creation, *copy.additions)) == 4


def test_each_statement_is_a_message_of_its_own(everything: str) -> None:
    copy = copy_statements(everything)
    create("twin")
    sent: list[str] = []

    def keep(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        sent.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(keep):
        copy_schema(everything, "twin")
    for statement in (*copy.creation, *copy.additions):
        assert statement.replace(ANY_SCHEMA, "twin") in sent


def test_a_name_that_is_none_is_refused_before_it_enters_a_statement(everything: str) -> None:
    with pytest.raises(InvalidSchemaName):
        copy_schema(everything, "twin; DROP TABLE shop")


def test_a_twin_that_is_not_alike_is_refused(db: None) -> None:
    create("source", "CREATE TABLE t (a int)")
    create("twin", "CREATE TABLE u (a int)")
    with pytest.raises(CopyDiffers, match="table u is missing in source") as caught:
        copy_schema("source", "twin")
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
            "t: column a: names its schema",
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
            (
                "CREATE TABLE t (a int)\n\n"
                "CREATE FUNCTION f(t) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1'\n\n"
                "ALTER TABLE t ADD CHECK (f(t) > 0)"
            ),
            "f(t), t: need each other",
        ),
    ],
)
def test_what_cannot_be_copied_is_named(sql: str, reason: str) -> None:
    create("source", sql)
    assert any(line.startswith(reason) for line in uncopyable("source")), uncopyable("source")


def test_statements_are_kept_until_the_source_is_migrated(db: None) -> None:
    create_schema("source")
    first = copy_statements("source")
    assert copy_statements("source") is first
    run("source", "INSERT INTO django_migrations (app, name, applied) VALUES ('a', 'b', now())")
    assert copy_statements("source") is not first


def test_rows_that_come_without_a_migration_are_copied_too(db: None) -> None:
    create_schema("source")
    copy_statements("source")
    run(
        "source",
        "INSERT INTO orders_order (status, placed_at, user_id) VALUES ('placed', now(), 1)",
    )
    create("twin")
    copy_schema("source", "twin")
    assert run("twin", "SELECT id FROM orders_order") == [(1,)]


def test_the_source_stays_as_it_is(everything: str) -> None:
    before = fingerprint(everything)
    create("twin")
    copy_schema(everything, "twin")
    assert fingerprint(everything) == before
