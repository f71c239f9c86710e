"""Of `public`, a tenant's role has the declared tables and nothing else."""

import pytest
from pytest_django import Settings

from tenantry.checks.roles import check_roles
from tenantry.fleet import roles
from tenantry.fleet.state import SchemaState

from .conftest import Sql

RELATIONS = """
    SELECT relname,
        CASE WHEN relkind = 'S' THEN has_sequence_privilege(%s, oid, 'SELECT, UPDATE, USAGE')
        ELSE has_table_privilege(%s, oid, 'SELECT') OR has_any_column_privilege(%s, oid, 'SELECT')
        END,
        relkind <> 'S' AND (
            has_table_privilege(%s, oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
            OR has_any_column_privilege(%s, oid, 'INSERT, UPDATE, REFERENCES')
        )
    FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm', 'p', 'f', 'S')
"""


@pytest.fixture
def role(two: tuple[str, str]) -> str:
    return SchemaState.objects.get(pk=two[0]).role


def found() -> list[str]:
    return [str(each.hint) for each in check_roles(["default"]) if each.id == "tenancy.W011"]


def test_a_tenants_role_may_read_the_declared_tables_only(role: str, sql: Sql) -> None:
    """Tokens, memberships, the audit log, the queue and all tables of later apps are closed."""
    relations = sql(RELATIONS, *[role] * 5)

    assert {"tenantry_users_apitoken", "tenantry_audit_auditentry", "django_session"} <= {
        name for name, *_ in relations
    }
    assert [name for name, reads, _ in relations if reads] == ["django_content_type"]
    assert [name for name, _, writes in relations if writes] == []


@pytest.mark.parametrize(
    ("grant", "revoke"),
    [
        ("SELECT ON django_session TO PUBLIC", "REVOKE SELECT ON django_session FROM PUBLIC"),
        (
            "SELECT (email), UPDATE (email) ON tenantry_users_user TO {role}",
            "REVOKE SELECT, UPDATE ON tenantry_users_user FROM {role}",
        ),
        (
            "INSERT, DELETE ON django_session TO {reader}",
            "REVOKE DELETE, INSERT ON django_session FROM {reader}",
        ),
        (
            "SELECT, INSERT ON django_content_type TO PUBLIC",
            "REVOKE INSERT ON django_content_type FROM PUBLIC",
        ),
        (
            "USAGE ON SEQUENCE tenantry_users_user_id_seq TO PUBLIC",
            "REVOKE USAGE ON SEQUENCE tenantry_users_user_id_seq FROM PUBLIC",
        ),
    ],
)
def test_another_privilege_in_public_is_a_warning_with_the_line_to_run(
    role: str, sql: Sql, grant: str, revoke: str
) -> None:
    names = {"role": role, "reader": f"{role.rsplit('_', 2)[0]}_reader"}
    assert found() == []
    sql(f"GRANT {grant.format(**names)}")

    (hint,) = found()

    line, _, _ = hint.partition(";")
    assert line == revoke.format(**names)
    sql(line)
    assert found() == []


def test_a_privilege_of_other_roles_is_not_a_warning(role: str, sql: Sql) -> None:
    sql("GRANT ALL ON django_session TO CURRENT_USER")

    assert found() == []


def test_a_declared_table_is_not_a_warning(role: str, settings: Settings) -> None:
    settings.TENANT_ROLES_MAY_READ = ["sessions.Session"]
    roles.grant_shared_tables()

    assert found() == []
