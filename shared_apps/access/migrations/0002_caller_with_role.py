"""The query of the caller returns the PostgreSQL role of the organization, too.

The function of 0.2.0 stays for servers that still run it.
"""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION public.tenantry_access_caller(
    shown_digest text, known_user bigint, choice bigint
)
RETURNS TABLE (
    token bigint,
    member_role text,
    migrated text,
    tenant_role text,
    caller public.tenantry_users_user,
    organization public.tenantry_organizations_organization
)
LANGUAGE plpgsql STABLE ROWS 1 AS $$
BEGIN
    RETURN QUERY
    SELECT shown.id, m.role::text, s.applied::text, s.role::text, u, o
    FROM (
        SELECT t.id, t.user_id, t.organization_id, t.membership_id
        FROM public.tenantry_users_apitoken t
        WHERE t.digest = shown_digest AND t.expiry > now()
        UNION ALL
        SELECT NULL, known_user, choice, NULL
        WHERE known_user IS NOT NULL
    ) shown
    JOIN public.tenantry_users_user u
        ON u.id = shown.user_id AND u.is_active
    LEFT JOIN public.tenantry_organizations_organization o
        ON o.id = coalesce(shown.organization_id, u.organization_id)
    LEFT JOIN public.tenantry_organizations_membership m
        ON m.user_id = u.id AND m.organization_id = o.id
        AND (shown.id IS NULL OR shown.membership_id = m.id)
    LEFT JOIN public.tenancy_schemastate s
        ON s.schema_name = o.schema_name;
END
$$;

COMMENT ON FUNCTION public.tenantry_access_caller IS
'Returns the caller, the organization of the request and the membership in it as one row. An
unknown or expired token and a deactivated user give no row. A token is valid only for the
membership that it was issued for. It replaces tenantry_access_principal, which 0.2.0 calls.';
"""

BACKWARDS = "DROP FUNCTION public.tenantry_access_caller"


class Migration(migrations.Migration):
    dependencies = [
        ("tenantry_access", "0001_principal"),
        ("tenancy", "0002_roles"),
    ]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
