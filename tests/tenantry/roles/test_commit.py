"""COMMIT runs no code of a tenant as the owner, whatever the transaction's last statement was.

PostgreSQL runs the query of a cursor WITH HOLD, and before PostgreSQL 18 deferred triggers and
constraints, with the role of the last statement. In the service that is often the owner, who
writes the audit log.
"""

from contextlib import AbstractContextManager, ExitStack, nullcontext
from functools import partial
from typing import Any

import psycopg2
import pytest
from django.db import DatabaseError, connection, transaction

from shared_apps.organizations.models import Organization
from tenantry.context import active_schema, tenant_context
from tenantry.errors import CodeAtCommit
from tenantry.fleet import roles
from tenantry.roles import acts_as_owner, as_owner
from tenantry.statements import several_statements
from tests.conftest import InThread

from .conftest import Sql, assert_denied

HASHES = "SELECT array_to_tsvector(ARRAY[password]) FROM public.tenantry_users_user"
QUERY = f"SELECT word FROM ts_stat('{HASHES}')"


@pytest.fixture
def mine(two: tuple[str, str]) -> str:
    return two[0]


# --- Cursors WITH HOLD ---


@pytest.mark.parametrize(
    "statement",
    [
        f"DECLARE kept CURSOR WITH HOLD FOR {QUERY}",
        f"/* a */ declare kept scroll cursor with -- a\n/**/hold for {QUERY}",
    ],
)
def test_a_transaction_declares_no_cursor_that_commit_would_run_as_the_owner(
    mine: str, sql: Sql, statement: str
) -> None:
    with tenant_context(mine):
        with pytest.raises(CodeAtCommit, match="Fetch the rows before"):
            sql(statement)
        assert sql("SELECT name FROM pg_cursors WHERE is_holdable") == []


def test_nor_does_a_named_cursor_of_psycopg2(mine: str) -> None:
    with (
        tenant_context(mine),
        connection.connection.cursor("kept", withhold=True) as cursor,
        pytest.raises(CodeAtCommit),
    ):
        cursor.execute(QUERY)


def test_a_cursor_that_ends_with_the_transaction_is_declared(mine: str, sql: Sql) -> None:
    with tenant_context(mine):
        sql("DECLARE parts CURSOR FOR SELECT 1")
        assert sql("FETCH ALL FROM parts") == [(1,)]


def test_the_owner_and_several_statements_may_hold_a_cursor(mine: str, sql: Sql) -> None:
    with tenant_context(mine):
        with as_owner(reason="a test"):
            sql("DECLARE first CURSOR WITH HOLD FOR SELECT 1")
        with several_statements(reason="a test"):
            sql("DECLARE second CURSOR WITH HOLD FOR SELECT 1")


def test_without_a_transaction_a_cursor_with_hold_has_the_role_of_its_tenant(
    in_thread: InThread, committed_organization: Organization
) -> None:
    def read() -> list[Any]:
        with tenant_context(committed_organization):
            with connection.cursor() as cursor:
                with pytest.raises(DatabaseError, match="permission denied"):
                    cursor.execute(f"DECLARE hashes CURSOR WITH HOLD FOR {QUERY}")
                cursor.execute("DECLARE kept CURSOR WITH HOLD FOR SELECT current_user::text")
                cursor.execute("FETCH ALL FROM kept")
                rows = cursor.fetchall()
            with connection.connection.cursor("named", withhold=True) as cursor:
                cursor.execute("SELECT current_user::text")
                rows += cursor.fetchall()
            with connection.cursor() as cursor:
                cursor.execute("SELECT current_user::text")
                return [*rows, *cursor.fetchall()]

    assert len(set(in_thread(read).result())) == 1


def test_a_transaction_of_raw_sql_holds_no_cursor_either(
    in_thread: InThread, committed_organization: Organization
) -> None:
    def declare() -> None:
        with tenant_context(committed_organization), connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(f"DECLARE kept CURSOR WITH HOLD FOR {QUERY}")

    with pytest.raises(CodeAtCommit):
        in_thread(declare).result()


# --- Deferred triggers and constraints, on temporary tables ---


@pytest.mark.parametrize(
    "statement",
    [
        (
            "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON mine DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION public.tenantry_organizations_add_person()"
        ),
        "CREATE TEMP TABLE other (id int UNIQUE INITIALLY DEFERRED)",
        "ALTER TABLE mine ADD EXCLUDE ((id::checked) WITH =) deferrable",
    ],
)
def test_a_tenant_makes_nothing_that_is_deferred_until_commit(
    mine: str, sql: Sql, statement: str
) -> None:
    with tenant_context(mine):
        sql("CREATE TEMP TABLE mine (id int)")
        with pytest.raises(CodeAtCommit, match="Leave the word out"):
            sql(statement)


def test_a_tenant_makes_no_trigger_of_a_function_of_the_service(mine: str, sql: Sql) -> None:
    with tenant_context(mine):
        sql("CREATE TEMP TABLE mine (user_id bigint, organization_id bigint)")
        for function in ("tenantry_organizations_add_person", "tenantry_audit_reject_change"):
            trigger = f"CREATE TRIGGER t AFTER INSERT ON mine EXECUTE FUNCTION public.{function}()"
            assert_denied(partial(sql, trigger))


def test_migrate_closes_the_later_trigger_functions_of_a_project(mine: str, sql: Sql) -> None:
    sql("CREATE TABLE public.counted (id int)")
    sql(
        "CREATE FUNCTION public.count_rows() RETURNS trigger LANGUAGE plpgsql "
        "AS $$ BEGIN RETURN NULL; END $$"
    )
    sql("CREATE FUNCTION public.helper() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    trigger = "CREATE TRIGGER t AFTER INSERT ON {} EXECUTE FUNCTION public.count_rows()"
    sql(trigger.format("public.counted"))

    roles.grant_shared_tables()

    sql("INSERT INTO public.counted VALUES (1)")
    with tenant_context(mine):
        sql("CREATE TEMP TABLE mine (id int)")
        assert_denied(lambda: sql(trigger.format("mine")))
        assert sql("SELECT public.helper()") == [(1,)]


def test_every_trigger_function_of_public_is_closed(mine: str, sql: Sql) -> None:
    role = sql("SELECT role FROM tenancy_schemastate WHERE schema_name = %s", mine)[0][0]

    functions = sql(
        "SELECT proname, has_function_privilege(%s, oid, 'EXECUTE') FROM pg_proc "
        "WHERE pronamespace = 'public'::regnamespace AND prorettype = 'trigger'::regtype",
        role,
    )

    assert len(functions) >= 8
    assert [name for name, is_open in functions if is_open] == []


# --- After COMMIT ---


@pytest.mark.parametrize("registered", [True, False])
@pytest.mark.parametrize("committed", [True, False])
def test_a_callback_has_the_role_of_the_code_that_registered_it(
    in_thread: InThread, committed_organization: Organization, registered: bool, committed: bool
) -> None:
    seen: list[tuple[str | None, bool]] = []

    def run() -> None:
        with ExitStack() as blocks:
            with tenant_context(committed_organization), owner_if(registered):
                blocks.enter_context(transaction.atomic())
                transaction.on_commit(lambda: seen.append((active_schema(), acts_as_owner())))
            with owner_if(committed):
                blocks.close()

    in_thread(run).result()

    assert seen == [(committed_organization.schema_name, registered)]


def owner_if(condition: bool) -> AbstractContextManager[None]:
    return as_owner(reason="a test") if condition else nullcontext()


# --- Large objects ---


def test_lobject_is_an_error_in_a_tenant(mine: str, sql: Sql) -> None:
    """Its calls set neither a search_path nor a role."""
    with tenant_context(None):
        ((number,),) = sql("SELECT lo_from_bytea(0, 'secret')")
    with tenant_context(mine):
        with pytest.raises(psycopg2.NotSupportedError, match="lo_get"):
            connection.connection.lobject(number)
        assert_denied(lambda: sql("SELECT lo_get(%s)", number))


def test_lobject_of_the_owner_has_the_role_of_the_owner(mine: str, sql: Sql) -> None:
    with tenant_context(mine):
        sql("SELECT 1")
    with as_owner(reason="a test"):
        made = connection.connection.lobject()
        made.write("text")
    with tenant_context(mine):
        assert_denied(lambda: sql("SELECT lo_get(%s)", made.oid))
