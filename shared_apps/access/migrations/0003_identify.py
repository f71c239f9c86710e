"""The query of the caller knows keys, the scopes of tokens, and the rows of sessions.

The function of 0.4.0 stays for servers that still run it. They know no scopes, so it finds no token
that has some: such a server would let it do all that its role may do.
"""

from importlib import import_module

from django.db import migrations

_OF_0_4_0 = import_module("shared_apps.access.migrations.0002_caller_with_role").FORWARDS
_REPLACED = _OF_0_4_0.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
_VALID = "WHERE t.digest = shown_digest AND t.expiry > now()"
assert _OF_0_4_0.count(_VALID) == 1

# Columns cost less than a whole row: PostgreSQL parses no list of names for each request.
_USER = {
    "id": "bigint",
    "password": "varchar",
    "last_login": "timestamptz",
    "is_superuser": "boolean",
    "email": "varchar",
    "name": "varchar",
    "organization_id": "bigint",
    "is_active": "boolean",
    "is_staff": "boolean",
    "created_at": "timestamptz",
}
_ORGANIZATION = {
    "id": "bigint",
    "schema_name": "varchar",
    "name": "varchar",
    "status": "varchar",
    "currency": "varchar",
    "second_factor_required": "boolean",
    "created_by_id": "bigint",
    "created_at": "timestamptz",
}


def _selected(alias: str, columns: dict[str, str]) -> str:
    return ", ".join(f"{alias}.{name}" for name in columns)


def _returned(prefix: str, columns: dict[str, str]) -> str:
    return ", ".join(f"{prefix}_{name} {kind}" for name, kind in columns.items())


_FUNCTION = """
-- A function of its own is started only where the organization requires a second factor.
CREATE FUNCTION public.tenantry_access_lacks_factor(person bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT person IS NOT NULL AND NOT EXISTS (
        SELECT FROM public.mfa_authenticator f
        WHERE f.user_id = person AND f.type IN ('totp', 'webauthn')
    )
$$;
CREATE FUNCTION public.tenantry_access_identify(
    shown_digest text, known_user bigint, known_session bigint, choice bigint
)
RETURNS TABLE (
    token bigint,
    scopes text[],
    key_name text,
    key_prefix text,
    used_on date,
    used_at timestamptz,
    member_role text,
    migrated text,
    tenant_role text,
    lacks_factor boolean,
    {caller},
    {organization}
)
LANGUAGE plpgsql STABLE ROWS 1 AS $$
BEGIN
    -- Three plans, each without the tables of the others: one for all starts slower.
    IF shown_digest IS NOT NULL THEN
        RETURN QUERY {of_token};
    ELSIF known_session IS NOT NULL THEN
        RETURN QUERY {of_session};
    ELSE
        RETURN QUERY {of_user};
    END IF;
END
$$;
COMMENT ON FUNCTION public.tenantry_access_identify IS
'Returns the caller, the organization of the request and the role in it as one row. An unknown or
expired token, an ended session and a deactivated user give no row. A token of a user is valid only
for the membership that it was issued for. A key has no caller, and its own role. lacks_factor: the
organization requires a second factor, and the caller has none. It replaces tenantry_access_caller,
which 0.4.0 calls.';
"""

_QUERY = """
    SELECT
        {columns}, {role}, s.applied::text, s.role::text,
        CASE WHEN o.second_factor_required THEN public.tenantry_access_lacks_factor(u.id)
            ELSE false END,
        {caller},
        {organization}
    FROM {found}
    LEFT JOIN public.tenantry_organizations_organization o
        ON o.id = {chosen}
    LEFT JOIN public.tenantry_organizations_membership m
        ON m.user_id = u.id AND m.organization_id = o.id{bound}
    LEFT JOIN public.tenancy_schemastate s
        ON s.schema_name = o.schema_name
    WHERE {valid}"""
_ROWS = {
    "caller": _selected("u", _USER),
    "organization": _selected("o", _ORGANIZATION),
}

_OF_TOKEN = _QUERY.format(
    **_ROWS,
    columns="t.id, t.scopes::text[], t.name::text, t.prefix::text, t.last_used_on, "
    "NULL::timestamptz",
    role="coalesce(m.role, nullif(t.role, ''))::text",
    found="""public.tenantry_users_apitoken t
    LEFT JOIN public.tenantry_users_user u ON u.id = t.user_id""",
    chosen="t.organization_id",
    bound=" AND m.id = t.membership_id",
    valid="""t.digest = shown_digest AND (t.expiry > now() OR t.expiry IS NULL)
        AND (u.is_active OR t.role <> '')""",
)
_NULLS = "NULL::bigint, NULL::text[], NULL::text, NULL::text, NULL::date, "
_OF_SESSION = _QUERY.format(
    **_ROWS,
    columns=f"{_NULLS}n.last_used",
    role="m.role::text",
    found="""public.tenantry_users_signinsession n
    JOIN public.tenantry_users_user u ON u.id = n.user_id""",
    chosen="coalesce(n.organization_id, u.organization_id)",
    bound="",
    valid="n.id = known_session AND n.user_id = known_user AND u.is_active",
)
_OF_USER = _QUERY.format(
    **_ROWS,
    columns=f"{_NULLS}NULL::timestamptz",
    role="m.role::text",
    found="public.tenantry_users_user u",
    chosen="coalesce(choice, u.organization_id)",
    bound="",
    valid="u.id = known_user AND u.is_active",
)
FORWARDS = _FUNCTION.format(  # noqa: S608 (names of columns of this file)
    caller=_returned("caller", _USER),
    organization=_returned("organization", _ORGANIZATION),
    of_token=_OF_TOKEN,
    of_session=_OF_SESSION,
    of_user=_OF_USER,
)
BACKWARDS = """
DROP FUNCTION public.tenantry_access_identify;
DROP FUNCTION public.tenantry_access_lacks_factor;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tenantry_access", "0002_caller_with_role"),
        ("tenantry_users", "0005_sign_in_session"),
        ("tenantry_organizations", "0007_created_by"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [
        migrations.RunSQL(_REPLACED.replace(_VALID, f"{_VALID} AND t.scopes IS NULL"), _REPLACED),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
