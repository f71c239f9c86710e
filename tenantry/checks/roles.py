"""Checks of TENANT_ROLES; run by `check --database default` and `migrate`."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.checks import (
    CheckMessage,
    Error,
    Tags,
    Warning,  # noqa: A004 (Django's name)
    register,
)
from django.db import DEFAULT_DB_ALIAS, connection
from django_tenants.postgresql_backend.base import EXTRA_SEARCH_PATHS

from tenantry.fleet.roles import readable_tables, role_tables_exist, schemas_without_role
from tenantry.names import PUBLIC
from tenantry.roles import are_used
from tenantry.sql import read_sql

_SHARED = [PUBLIC, *EXTRA_SEARCH_PATHS]
_LOGIN = """
    SELECT rolname, rolsuper, rolcreaterole OR rolsuper,
        rolinherit AND current_setting('server_version_num')::int < 160000
    FROM pg_roles WHERE rolname = session_user
"""
# With each, one statement of a tenant can change its role, or write what others read.
_ESCAPES = """
    SELECT 'EXECUTE ON FUNCTION pg_catalog.' || oid::regprocedure, proacl AS acl, 'f' AS kind,
        proowner AS owner
    FROM pg_proc WHERE oid = 'pg_catalog.set_config(text, text, boolean)'::regprocedure
    UNION ALL
    SELECT 'USAGE ON LANGUAGE ' || quote_ident(lanname), lanacl, 'l', lanowner
    FROM pg_language WHERE lanpltrusted
    UNION ALL
    SELECT 'CREATE ON SCHEMA public', nspacl, 'n', nspowner
    FROM pg_namespace WHERE nspname = 'public'
"""
_OPEN_ESCAPES = f"""
    SELECT privilege, session_user::text FROM ({_ESCAPES}) AS escape (privilege, acl, kind, owner)
    WHERE EXISTS (
        SELECT FROM aclexplode(coalesce(acl, acldefault(kind::"char", owner)))
        WHERE grantee = 0 AND starts_with(privilege, privilege_type)
    )
    ORDER BY 1
"""  # noqa: S608 (constants)
# A trigger function too: the trigger can be on a temporary table.
_DEFINERS = """
    SELECT pg_proc.oid::regprocedure::text
    FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
    WHERE nspname = ANY(%s) AND prosecdef
        AND (proacl IS NULL OR EXISTS (SELECT FROM aclexplode(proacl) WHERE grantee = 0))
    ORDER BY 1
"""
_SHARED_PRIVILEGES = read_sql("shared_privileges")


@register(Tags.database)
def check_roles(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Find what lets a tenant's statement leave its role, or what the roles need."""
    if DEFAULT_DB_ALIAS not in (databases or ()) or not are_used():
        return []
    return [*_check_login(), *_check_tenants(), *_check_functions(), *_check_tables()]


def _check_login() -> Iterator[CheckMessage]:
    ((login, is_superuser, creates_roles, inherits),) = _rows(_LOGIN)
    if is_superuser:
        yield Error(
            f"TENANT_ROLES: the login {login} is a superuser: PostgreSQL denies it nothing.",
            hint="Use another login that has CREATEROLE, or set TENANT_ROLES to false.",
            id="tenancy.E016",
        )
    elif not creates_roles:
        yield Error(
            f"TENANT_ROLES: the login {login} cannot create the tenants' roles.",
            hint=f"ALTER ROLE {login} CREATEROLE, or set TENANT_ROLES to false.",
            id="tenancy.E017",
        )
    if role := connection.settings_dict["OPTIONS"].get("assume_role"):
        yield Error(
            f"TENANT_ROLES: OPTIONS['assume_role'] is {role}, and a tenant's role replaces it.",
            hint=f"Use {role} as the login, or set TENANT_ROLES to false.",
            id="tenancy.E019",
        )
    if inherits:
        yield Warning(
            f"TENANT_ROLES: the login {login} inherits the privileges of every tenant's role, "
            "which makes its statements slower.",
            hint=(
                f"ALTER ROLE {login} NOINHERIT; ALTER SCHEMA public OWNER TO {login}; "
                "PostgreSQL 16 and later need neither."
            ),
            id="tenancy.W007",
        )


def _check_tenants() -> Iterator[CheckMessage]:
    if role_tables_exist() and (names := schemas_without_role()):
        yield Error(
            f"TENANT_ROLES: tenants without a role: {len(names):,}, for example {names[0]}.",
            hint="Run `manage.py enforce_wall`.",
            id="tenancy.E018",
        )


def _check_functions() -> Iterator[CheckMessage]:
    for privilege, login in _rows(_OPEN_ESCAPES):
        yield Warning(
            f"TENANT_ROLES: every role has {privilege}, so a tenant's statement can leave its "
            "role or write for other tenants.",
            hint=(
                f"As a superuser, in this database: REVOKE {privilege} FROM PUBLIC; "
                f"GRANT {privilege} TO {login};"
            ),
            id="tenancy.W008",
        )
    for (name,) in _rows(_DEFINERS, _SHARED):
        yield Warning(
            f"TENANT_ROLES: every tenant can call {name}, which has the rights of its owner.",
            hint=f"REVOKE EXECUTE ON ROUTINE {name} FROM PUBLIC.",
            id="tenancy.W009",
        )


def _check_tables() -> Iterator[CheckMessage]:
    readable = sorted(readable_tables())
    for (revoke,) in _rows(_SHARED_PRIVILEGES, readable, _SHARED):
        table = revoke.partition(" ON ")[2].partition(" FROM ")[0]
        yield Warning(
            f"TENANT_ROLES: tenants may use {table}, which is not theirs.",
            hint=f"{revoke}; or, to let tenants read it, add its model to TENANT_ROLES_MAY_READ.",
            id="tenancy.W011",
        )


def _rows(sql: str, *parameters: list[str]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters or None)
        return list(cursor.fetchall())
