"""Each tenant's role has exactly the privileges that it needs, and drift shows others."""

from django.db import connection

from tenantry.context import tenant_context
from tenantry.fleet import roles, status
from tenantry.fleet.state import SchemaState
from tenantry.schemas.catalog import unusual_privileges

from .conftest import Sql, assert_denied


def test_a_new_tenant_has_the_usual_privileges(two: tuple[str, str]) -> None:
    assert [unusual_privileges(name) for name in two] == [[], []]


def test_tables_of_later_migrations_can_be_used(two: tuple[str, str], sql: Sql) -> None:
    mine, _ = two
    with tenant_context(mine), connection.schema_editor() as editor:
        editor.execute("CREATE TABLE later (id serial, text text)")
    with tenant_context(mine):
        sql("INSERT INTO later (text) VALUES ('x')")
        assert sql("SELECT id, text FROM later") == [(1, "x")]
    assert unusual_privileges(mine) == []


def test_a_privilege_by_hand_is_drift(two: tuple[str, str], sql: Sql) -> None:
    mine, other = two
    role, others_role = (SchemaState.objects.get(pk=name).role for name in two)
    sql(f"GRANT USAGE ON SCHEMA {mine} TO {others_role}")
    sql(f"REVOKE DELETE ON {mine}.guard_app_tag FROM {role}")

    assert status.compare([mine, other]) == [mine]

    differences = SchemaState.objects.get(pk=mine).differences
    assert f"schema {mine} has other privileges" in differences
    assert "table guard_app_tag has other privileges" in differences


def test_only_the_tenant_may_call_its_functions_with_the_rights_of_the_owner(
    two: tuple[str, str], sql: Sql
) -> None:
    mine, other = two
    with tenant_context(mine), connection.schema_editor() as editor:
        editor.execute(
            "CREATE FUNCTION rights() RETURNS text LANGUAGE sql SECURITY DEFINER "
            "AS 'SELECT current_user::text'"
        )
    assert "function rights()" in "".join(unusual_privileges(mine))

    roles.restrict_functions(mine)

    assert unusual_privileges(mine) == []
    with tenant_context(mine):
        assert sql("SELECT rights()") == sql("SELECT session_user::text")
    with tenant_context(other):
        assert_denied(lambda: sql(f"SELECT {mine}.rights()"))


def test_not_even_the_tenant_may_make_triggers_of_them(two: tuple[str, str], sql: Sql) -> None:
    """A trigger calls its function without the privilege."""
    mine, _ = two
    trigger = "CREATE TRIGGER t BEFORE INSERT ON {} FOR EACH ROW EXECUTE FUNCTION {}.rights()"
    with tenant_context(mine), connection.schema_editor() as editor:
        editor.execute(
            "CREATE FUNCTION rights() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
            "AS $$ BEGIN new.name := 'by the trigger'; RETURN new; END $$"
        )
        editor.execute(trigger.format("guard_app_tag", mine))

    roles.restrict_functions(mine)

    assert unusual_privileges(mine) == []
    with tenant_context(mine):
        sql("INSERT INTO guard_app_tag (name) VALUES ('x')")
        assert sql("SELECT name FROM guard_app_tag") == [("by the trigger",)]
        sql("CREATE TEMP TABLE mine (name text)")
        assert_denied(lambda: sql(trigger.format("mine", mine)))
