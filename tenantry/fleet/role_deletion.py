"""Deletes roles of tenants, which would stay in the cluster."""

from django.db import connection, transaction

from tenantry.postgres import creation
from tenantry.roles import forget_role

from .roles import ensure_groups

_LOCK_DROPPED = """
    SELECT schema_name FROM public.tenancy_schemastate
    WHERE role <> '' AND to_regnamespace(quote_ident(schema_name)) IS NULL
    FOR UPDATE
"""
_FORGET_DROPPED = """
    UPDATE public.tenancy_schemastate SET role = ''
    WHERE schema_name = ANY(%s) AND to_regnamespace(quote_ident(schema_name)) IS NULL
    RETURNING schema_name
"""
# Also those of schemas that have no state any more.
_UNUSED = """
    AND NOT rolname ~ '_maker$'
    AND NOT EXISTS (SELECT FROM public.tenancy_sparerole WHERE name = rolname)
    AND NOT EXISTS (SELECT FROM public.tenancy_schemastate WHERE role = rolname)
"""
_UNUSED_ROLES = f"""
    SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s) AND rolname <> ALL(%s) {_UNUSED}
"""  # noqa: S608 (a constant)


@transaction.atomic
def delete_roles() -> None:
    """Delete all roles of tenants of this database, after `take_role_back` for each schema."""
    prefix = ensure_groups()
    with connection.cursor() as cursor:
        cursor.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {prefix}reader")  # noqa: S608 (our own name)
        cursor.execute("DELETE FROM public.tenancy_sparerole")
        creation.delete_roles(cursor, _oid(prefix))


@transaction.atomic
def delete_unused_roles() -> list[str]:
    """Delete the roles of schemas that no longer exist, and return their names.

    A role that owns something stays, such as one with large objects.
    """
    _forget_dropped_schemas()
    prefix = ensure_groups()
    with connection.cursor() as cursor:
        if not (unused := _unused_roles(prefix)):
            return []  # A change of memberships costs each connection some milliseconds.
        creation.delete_roles(cursor, _oid(prefix), _UNUSED)
        return sorted(unused - _unused_roles(prefix))


def _forget_dropped_schemas() -> None:
    with connection.cursor() as cursor:
        # The lock waits for a creation of the schema; the second query sees what it has created.
        cursor.execute(_LOCK_DROPPED)
        cursor.execute(_FORGET_DROPPED, [[name for (name,) in cursor.fetchall()]])
        for (name,) in cursor.fetchall():
            forget_role(name)


def _unused_roles(prefix: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(_UNUSED_ROLES, [prefix, [f"{prefix}door", f"{prefix}reader"]])
        return {name for (name,) in cursor}


def _oid(prefix: str) -> int:
    return int(prefix.removeprefix("tenant_").removesuffix("_"))
