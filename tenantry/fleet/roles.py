"""Makes the roles of tenants and gives them their privileges (TENANT_ROLES).

After each change of memberships, every connection computes the roles of the login again: about 2 us
for each role. So roles are made in batches, and a new tenant takes one that is ready.

The login is a member of one role, the door, which is a member of all others. So it may become the
role of a tenant (SET) without having its privileges (INHERIT). PostgreSQL 15 has neither option:
https://www.postgresql.org/docs/16/release-16.html

All roles of tenants are members of another one, the reader, which may read the tables of
TENANT_ROLES_MAY_READ.
"""

from secrets import token_hex
from typing import Any, cast

from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, ProgrammingError, connection, models, transaction
from django_tenants.utils import get_tenant_model
from psycopg2 import errors

from tenantry.context import tenant_context
from tenantry.names import PUBLIC, quote_schema_name
from tenantry.postgres.connection import TenantConnection
from tenantry.roles import forget_role
from tenantry.schemas.catalog import relation_exists, schema_exists

from .state import SchemaState

BATCH = 64
"""Roles that are made together."""

_PREFIX = """
    SELECT name, to_regrole(name || 'door') IS NOT NULL
    FROM (SELECT format('tenant_%s_', oid) FROM pg_database WHERE datname = current_database())
    AS prefix (name)
"""
# The login is a member of the reader, so that PostgreSQL finds it first in the list of all roles.
# For each tenant's role it looks for the reader, and after 10,000 others that took three times as
# long.
_MAKE_GROUPS = """
    CREATE ROLE {door} NOLOGIN;
    CREATE ROLE {reader} NOLOGIN;
    GRANT {door}, {reader} TO CURRENT_USER
"""
# The maker owns the batch. If the login made the roles, PostgreSQL would make it a member of each,
# and every CREATE ROLE would compute all of its memberships. In DO, because the cursor sets the
# role again after each SET of a string.
_MAKE = """
    DO $$ BEGIN
        CREATE ROLE {maker} NOLOGIN CREATEROLE;
        GRANT {maker} TO CURRENT_USER WITH INHERIT FALSE, SET TRUE;
        SET LOCAL ROLE {maker};
        {create};
        GRANT {names} TO {door} WITH INHERIT FALSE, SET TRUE;
        SET LOCAL ROLE none;
        GRANT {reader} TO {names};
    END $$
"""
_MAKE_15 = "{create}; GRANT {names} TO {door}; GRANT {reader} TO {names}"
_WITHOUT_OPTIONS = 160000  # Server versions before it have no options of memberships.

# In a restored database, a spare role can be missing, or have privileges on a newer schema. A
# subquery with LIMIT uses the index of pg_shdepend, NOT EXISTS reads the whole catalog.
_TAKE = """
    WITH taken AS (
        DELETE FROM public.tenancy_sparerole WHERE name = (
            SELECT name FROM public.tenancy_sparerole
            WHERE to_regrole(name) IS NOT NULL AND (
                SELECT true FROM pg_shdepend JOIN pg_database ON pg_database.oid = dbid
                WHERE refclassid = 'pg_authid'::regclass AND refobjid = to_regrole(name)
                    AND datname = current_database() LIMIT 1
            ) IS NULL LIMIT 1 FOR UPDATE OF tenancy_sparerole SKIP LOCKED
        ) RETURNING name
    )
    INSERT INTO public.tenancy_schemastate AS state (schema_name, applied, error, attempts, role)
    SELECT %s, '', '', 0, name FROM taken
    ON CONFLICT (schema_name) DO UPDATE SET role = excluded.role
    RETURNING role
"""
# Later tables get these privileges too, from migrations and from RunSQL.
_GRANT = """
    GRANT USAGE ON SCHEMA {schema} TO {role};
    ALTER DEFAULT PRIVILEGES IN SCHEMA {schema}
        GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role};
    ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT ALL ON SEQUENCES TO {role}
"""
_GRANT_ON_EXISTING = """
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role};
    GRANT ALL ON ALL SEQUENCES IN SCHEMA {schema} TO {role}
"""
_REVOKE = """
    REVOKE ALL ON SCHEMA {schema} FROM {role};
    REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role};
    REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM {role};
    REVOKE ALL ON ALL ROUTINES IN SCHEMA {schema} FROM {role};
    ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} REVOKE ALL ON TABLES FROM {role};
    ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} REVOKE ALL ON SEQUENCES FROM {role}
"""
_RESTRICT = """
    SELECT format(
        'REVOKE EXECUTE ON ROUTINE %%s FROM PUBLIC' || CASE
            WHEN prorettype = 'trigger'::regtype THEN ''
            ELSE '; GRANT EXECUTE ON ROUTINE %%1$s TO %%I'
        END,
        pg_proc.oid::regprocedure, role
    )
    FROM pg_proc
    JOIN pg_namespace ON pg_namespace.oid = pronamespace
    JOIN public.tenancy_schemastate ON schema_name = nspname AND role <> ''
    WHERE nspname = %s AND prosecdef
        AND (proacl IS NULL OR EXISTS (SELECT FROM aclexplode(proacl) WHERE grantee = 0))
"""
# A trigger calls its function without this privilege: it is only for CREATE TRIGGER.
_TRIGGER_FUNCTIONS = """
    SELECT oid::regprocedure::text FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND prorettype = 'trigger'::regtype
        AND proowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)
        AND (proacl IS NULL OR EXISTS (SELECT FROM aclexplode(proacl) WHERE grantee = 0))
        AND NOT EXISTS (
            SELECT FROM pg_depend
            WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e'
        )
"""
_READABLE = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm', 'p')
        AND has_table_privilege(%s, oid, 'SELECT')
"""


class SpareRole(models.Model):
    """A role that waits for a tenant, made in a batch."""

    name = models.CharField(max_length=63, primary_key=True)

    def __str__(self) -> str:
        return self.name


@tenant_context(None)
@transaction.atomic
def give_role(schema_name: str, *, has_tables: bool = False) -> None:
    """Give a schema a role that may use it and its tables, also those of later migrations.

    Args:
        has_tables: whether the schema has tables already.
    """
    role = _take(schema_name)
    _execute(_GRANT, schema_name, role)
    if has_tables:
        _execute(_GRANT_ON_EXISTING, schema_name, role)
        restrict_functions(schema_name)
    raw = cast("TenantConnection", connection.connection)
    raw.new_roles = {**(raw.new_roles or {}), schema_name: role}


@tenant_context(None)
def restrict_functions(schema_name: str) -> None:
    """Let only the tenant's role call the SECURITY DEFINER functions of its schema."""
    with connection.cursor() as cursor:
        cursor.execute(_RESTRICT, [schema_name])
        for (statements,) in cursor.fetchall():
            cursor.execute(statements)


@tenant_context(None)
@transaction.atomic
def take_role_back(schema_name: str) -> None:
    """Revoke the privileges of a schema's role. `role_deletion` deletes the role."""
    state = SchemaState.objects.select_for_update().filter(pk=schema_name).exclude(role="")
    for role in state.values_list("role", flat=True):
        SchemaState.objects.filter(pk=schema_name).update(role="")
        if schema_exists(schema_name):
            _execute(_REVOKE, schema_name, role)
    forget_role(schema_name)


def grant_shared_tables() -> None:
    """Let the tenants' roles read the tables of TENANT_ROLES_MAY_READ and no others of `public`.

    They may not make triggers with its functions, on temporary tables: before PostgreSQL 18, a
    deferred trigger can run as the owner.
    """
    _grant_shared_tables(f"{ensure_groups()}reader")
    with connection.cursor() as cursor:
        cursor.execute(_TRIGGER_FUNCTIONS)
        for (function,) in cursor.fetchall():
            cursor.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")  # noqa: S608 (quoted)


@transaction.atomic
def _grant_shared_tables(reader: str) -> None:
    wanted = readable_tables()
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(_READABLE, [reader])
        granted = {name for (name,) in cursor}
        for table in sorted(wanted - granted):
            cursor.execute(f"GRANT SELECT ON public.{quote(table)} TO {reader}")  # noqa: S608 (quoted)
        for table in sorted(granted - wanted):
            cursor.execute(f"REVOKE ALL ON public.{quote(table)} FROM {reader}")  # noqa: S608 (quoted)


def readable_tables() -> set[str]:
    """Return the tables of `public` that tenants may read."""
    labels = getattr(settings, "TENANT_ROLES_MAY_READ", ["contenttypes.ContentType"])
    return {apps.get_model(label)._meta.db_table for label in labels}


def role_tables_exist() -> bool:
    """Return whether `public` has the tables of roles and of tenants; migrations create them."""
    tenants = connection.ops.quote_name(get_tenant_model()._meta.db_table)
    return all(map(relation_exists, ("public.tenancy_sparerole", f"public.{tenants}")))


def schemas_without_role() -> list[str]:
    """Return the tenants without a role that may use their schema, as after a restore."""
    table = connection.ops.quote_name(get_tenant_model()._meta.db_table)
    with connection.cursor() as cursor:
        # In PostgreSQL 15, to_regrole('') is an error.
        cursor.execute(
            f"""
            SELECT schema_name FROM public.{table} AS tenant
            JOIN pg_namespace ON nspname = schema_name
            LEFT JOIN public.tenancy_schemastate AS state USING (schema_name)
            WHERE schema_name <> %s
                AND CASE WHEN to_regrole(nullif(state.role, '')) IS NULL THEN true
                ELSE NOT has_schema_privilege(state.role, pg_namespace.oid, 'USAGE') END
            ORDER BY 1
            """,  # noqa: S608 (quoted)
            [PUBLIC],  # Some projects have a tenant of that name.
        )
        return [name for (name,) in cursor]


def schemas_with_role() -> list[str]:
    """Return the schemas with a role, also those of deleted tenants."""
    return list(SchemaState.objects.exclude(role="").values_list("pk", flat=True))


def _take(schema_name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [schema_name])
        row = cursor.fetchone()
        if row is None:
            make_batch()
            cursor.execute(_TAKE, [schema_name])
            row = cursor.fetchone()
    role: str = row[0]
    return role


@transaction.atomic
def make_batch() -> None:
    """Make roles for the next `BATCH` tenants."""
    prefix = ensure_groups()
    batch = f"{prefix}{token_hex(4)}"
    names = [f"{batch}_{number}" for number in range(BATCH)]
    old = cast("Any", connection).pg_version < _WITHOUT_OPTIONS
    with connection.cursor() as cursor:
        cursor.execute(
            (_MAKE_15 if old else _MAKE).format(  # noqa: S608 (names from above)
                maker=f"{batch}_maker",
                create="; ".join(f"CREATE ROLE {name} NOLOGIN" for name in names),
                names=", ".join(names),
                door=f"{prefix}door",
                reader=f"{prefix}reader",
            )
        )
        cursor.execute("INSERT INTO public.tenancy_sparerole SELECT unnest(%s)", [names])


def ensure_groups() -> str:
    """Return the start of the names of this database's roles; make the door and the reader."""
    with connection.cursor() as cursor:
        cursor.execute(_PREFIX)
        prefix, exists = cursor.fetchone()
        if not exists:
            try:
                with transaction.atomic():
                    make = _MAKE_GROUPS.format(door=f"{prefix}door", reader=f"{prefix}reader")  # noqa: S608 (our own names)
                    cursor.execute(make)
                    _grant_shared_tables(f"{prefix}reader")
            except (ProgrammingError, IntegrityError) as error:
                # Another process made them first.
                if not isinstance(error.__cause__, errors.DuplicateObject | errors.UniqueViolation):
                    raise
    return str(prefix)


def _execute(statements: str, schema_name: str, role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statements.format(schema=quote_schema_name(schema_name), role=role))  # noqa: S608 (quoted)
