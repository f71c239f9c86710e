"""No function, block or setting inside a tenant's statement leaves the role or reads past it."""

from collections.abc import Iterator
from contextlib import closing
from functools import partial

import pytest
from django.db import DatabaseError, connection, transaction

from tenantry.checks.roles import check_roles
from tenantry.context import tenant_context
from tenantry.roles import as_owner
from tenantry.statements import several_statements
from tests.conftest import connect

from .conftest import Sql, assert_denied

SECRET = "the other's secret"
LARGE_OBJECT = 4242


@pytest.fixture
def other(two: tuple[str, str], sql: Sql) -> str:
    """A tenant with a row, a large object and statistics."""
    _, other = two
    with tenant_context(other):
        sql("INSERT INTO guard_app_tag (name) VALUES (%s)", SECRET)
        sql("SELECT lo_from_bytea(%s, convert_to(%s, 'UTF8'))", LARGE_OBJECT, SECRET)
    sql(f"ANALYZE {other}.guard_app_tag")
    return other


@pytest.fixture
def mine(two: tuple[str, str], other: str) -> Iterator[str]:
    """The active tenant."""
    with tenant_context(two[0]):
        yield two[0]


# What each could do without its REVOKE is in docs/isolation.md.
LEAVES = {
    "set_config": "SELECT set_config('role', 'none', true)",
    "set_config of the path": "SELECT set_config('search_path', '{other}', false)",
    "pg_settings": "UPDATE pg_settings SET setting = 'none' WHERE name = 'role'",
    "a block": "DO $$ BEGIN EXECUTE 'SET LOCAL ROLE none'; END $$",
    "a block that resets": "DO $$ BEGIN RESET ROLE; END $$",
    "a block that sets the session": "DO $$ BEGIN SET SESSION AUTHORIZATION DEFAULT; END $$",
    "a function": (
        "CREATE FUNCTION pg_temp.f() RETURNS void LANGUAGE plpgsql "
        "AS $$ BEGIN EXECUTE 'RESET ROLE'; END $$"
    ),
    "a function in SQL": (
        "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'RESET ROLE; SELECT 1'"
    ),
    "a function with a SET clause": (
        "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql SET role = none AS 'SELECT 1'"
    ),
    "a function with the standard's body": (
        "CREATE FUNCTION pg_temp.f() RETURNS int SET role = none RETURN 1"
    ),
    "a procedure": "CREATE PROCEDURE pg_temp.p() LANGUAGE sql AS 'RESET ROLE'",
    "a function of C": (
        "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE internal AS 'set_config_by_name'"
    ),
    "an extension": "CREATE EXTENSION dblink",
    "an own role": "CREATE ROLE mine IN ROLE CURRENT_USER",
    "the role of another": "GRANT {role} TO CURRENT_USER",
    "an event trigger": "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()",
}
READS = {
    "query_to_xml": "SELECT query_to_xml('SELECT name FROM {table}', true, false, '')",
    "table_to_xml": "SELECT table_to_xml('{table}', true, false, '')",
    "schema_to_xml": "SELECT schema_to_xml('{other}', true, false, '')",
    "ts_stat": "SELECT ts_stat('SELECT to_tsvector(name) FROM {table}')",
    "ts_rewrite": "SELECT ts_rewrite('a', 'SELECT name::tsquery, name::tsquery FROM {table}')",
    "a name as regclass": "SELECT '{table}'::regclass",
    "currval": "SELECT currval('{table}_id_seq')",
    "lastval": "SELECT lastval()",
    "setval": "SELECT setval('{table}_id_seq', 1)",
    "lo_get": "SELECT lo_get({large_object})",
    "lo_open": "SELECT lo_open({large_object}, x'40000'::int)",
    "lo_put": "SELECT lo_put({large_object}, 0, 'x')",
    "lo_unlink": "SELECT lo_unlink({large_object})",
    "lo_export": "SELECT lo_export({large_object}, '/tmp/tenantry-export')",
    "pg_largeobject": "SELECT data FROM pg_largeobject",
    "pg_statistic": "SELECT stavalues1 FROM pg_statistic",
    "pg_authid": "SELECT rolpassword FROM pg_authid",
    "pg_read_file": "SELECT pg_read_file('PG_VERSION')",
    "pg_ls_dir": "SELECT pg_ls_dir('.')",
    "lo_import": "SELECT lo_import('/etc/passwd')",
    "COPY from a file": "COPY guard_app_tag FROM '/etc/passwd'",
    "COPY to a program": "COPY guard_app_tag TO PROGRAM 'cat'",
    "a foreign key": "CREATE TEMP TABLE t (id bigint REFERENCES {table})",
    "inheritance": "CREATE TEMP TABLE t () INHERITS ({table})",
    "LIKE": "CREATE TEMP TABLE t (LIKE {table})",
    "a trigger": (
        "CREATE TRIGGER t AFTER INSERT ON {table} "
        "EXECUTE FUNCTION suppress_redundant_updates_trigger()"
    ),
    "statistics of the server": "SELECT pg_stat_reset()",
}


@pytest.mark.parametrize("statement", (LEAVES | READS).values(), ids=LEAVES | READS)
def test_postgresql_denies(mine: str, other: str, sql: Sql, statement: str) -> None:
    with tenant_context(None):
        ((role,),) = sql("SELECT role FROM tenancy_schemastate WHERE schema_name = %s", other)
    names = {"other": other, "table": f"{other}.guard_app_tag", "large_object": LARGE_OBJECT}
    with several_statements(reason="So that PostgreSQL itself denies DO."):
        assert_denied(lambda: sql(statement.format(**names, role=role)))


@pytest.mark.parametrize("text", ["RESET ROLE", "SET ROLE none", "SELECT 1; RESET ROLE"])
@pytest.mark.parametrize(
    "function", ["query_to_xml(%s, true, false, '')", "ts_stat(%s)", "ts_rewrite('a', %s)"]
)
def test_a_function_that_runs_text_runs_queries_only(
    mine: str, sql: Sql, function: str, text: str
) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        sql(f"SELECT {function}", text)

    assert sql("SELECT current_user = session_user") == [(False,)]


# --- The session, which tenants share ---


def test_a_tenant_uses_no_temporary_table_of_another(mine: str, other: str, sql: Sql) -> None:
    with tenant_context(other):
        sql("CREATE TEMP TABLE theirs AS SELECT name FROM guard_app_tag")
        sql("CREATE TEMP VIEW seen AS SELECT name FROM guard_app_tag")
    with as_owner(reason="a test"):
        sql("CREATE TEMP TABLE owners (id int)")

    for table in "theirs", "seen", "owners":
        assert_denied(partial(sql, f"SELECT * FROM {table}"))
        assert_denied(partial(sql, f"INSERT INTO {table} SELECT NULL"))


def test_a_tenant_executes_no_prepared_statement_with_the_rights_of_another(
    mine: str, other: str, sql: Sql
) -> None:
    with tenant_context(other):
        sql(f"PREPARE theirs AS SELECT name FROM {other}.guard_app_tag")
        assert sql("EXECUTE theirs") == [(SECRET,)]

    assert_denied(lambda: sql("EXECUTE theirs"))


def test_a_view_reads_with_the_rights_of_the_tenant_that_made_it(
    mine: str, other: str, sql: Sql
) -> None:
    """Also where its maker was denied, and the owner then reads it."""
    sql(
        "CREATE TEMP VIEW mine AS SELECT query_to_xml(%s, true, false, '')::text",
        f"SELECT name FROM {other}.guard_app_tag",
    )

    assert_denied(lambda: sql("SELECT * FROM mine"))


# --- Other sessions ---


@pytest.fixture
def busy() -> Iterator[int]:
    """The process id of another session of the login, which has run a query."""
    with closing(connect(connection.settings_dict["NAME"])) as session:
        session.cursor().execute("SELECT %s", [SECRET])
        yield session.info.backend_pid


def test_a_tenant_sees_no_query_of_another_session(mine: str, sql: Sql, busy: int) -> None:
    shown = sql("SELECT query, client_addr FROM pg_stat_activity WHERE pid = %s", busy)

    assert shown == [("<insufficient privilege>", None)]


@pytest.mark.parametrize("function", ["pg_cancel_backend", "pg_terminate_backend"])
def test_a_tenant_ends_no_other_session(mine: str, sql: Sql, busy: int, function: str) -> None:
    assert_denied(lambda: sql(f"SELECT {function}(%s)", busy))


# --- The catalog ---


def test_statistics_show_no_values_of_another_tenant(mine: str, other: str, sql: Sql) -> None:
    with as_owner(reason="a test"):
        assert sql("SELECT 1 FROM pg_stats WHERE schemaname = %s", other)

    assert sql("SELECT 1 FROM pg_stats WHERE schemaname = %s", other) == []
    last = "SELECT DISTINCT last_value FROM pg_sequences WHERE schemaname = %s"
    assert sql(last, other) == [(None,)]


def test_the_catalog_shows_names_and_sizes_of_other_tenants(
    mine: str, other: str, sql: Sql
) -> None:
    """PostgreSQL has no setting against it: docs/isolation.md names it."""
    shown = sql(
        "SELECT reltuples, pg_relation_size(pg_class.oid) > 0 FROM pg_class "
        "JOIN pg_namespace ON pg_namespace.oid = relnamespace "
        "WHERE nspname = %s AND relname = 'guard_app_tag'",
        other,
    )

    assert shown == [(1, True)]


def test_notifications_and_advisory_locks_are_shared(mine: str, sql: Sql) -> None:
    """PostgreSQL has no privileges on channels and locks: docs/isolation.md names it."""
    sql("SELECT pg_notify('channel', 'x'), pg_advisory_xact_lock(4242)")
    sql("LISTEN channel")
    sql("UNLISTEN channel")


# --- The checks ---


def test_the_server_of_the_tests_has_no_open_escape(db: None) -> None:
    assert [each.id for each in check_roles(["default"]) if "tenancy.W" in str(each.id)] == []


def test_tables_for_every_tenant_are_a_warning(db: None, sql: Sql) -> None:
    """As in databases from before PostgreSQL 15."""
    sql("GRANT CREATE ON SCHEMA public TO PUBLIC")

    (warning,) = (each for each in check_roles(["default"]) if each.id == "tenancy.W008")

    assert "REVOKE CREATE ON SCHEMA public FROM PUBLIC" in str(warning.hint)


def test_a_trigger_function_with_the_rights_of_the_owner_is_a_warning(
    mine: str, other: str, sql: Sql
) -> None:
    """A tenant can make a trigger of it, on a temporary table."""
    with tenant_context(None):
        sql(
            "CREATE FUNCTION public.reads() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS "
            f"$$ BEGIN new.name := (SELECT min(name) FROM {other}.guard_app_tag); "
            "RETURN new; END $$"
        )
        assert "tenancy.W009" in [each.id for each in check_roles(["default"])]
    sql("CREATE TEMP TABLE mine (name text)")
    trigger = "CREATE TRIGGER t BEFORE INSERT ON mine FOR EACH ROW EXECUTE FUNCTION public.reads()"
    sql(trigger)
    sql("INSERT INTO mine VALUES (NULL)")
    assert sql("SELECT name FROM mine") == [(SECRET,)]

    with tenant_context(None):
        sql("REVOKE EXECUTE ON FUNCTION public.reads() FROM PUBLIC")
        assert "tenancy.W009" not in [each.id for each in check_roles(["default"])]
    assert_denied(lambda: sql(trigger.replace("TRIGGER t", "TRIGGER u")))
