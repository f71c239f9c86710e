"""The query of the caller as a function, which a PostgreSQL session plans once instead of for each
request (docs/performance.md). It returns whole rows, so that new columns need no change here.
"""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION public.tenantry_access_principal(
    shown_digest text, known_user bigint, choice bigint
)
RETURNS TABLE (
    token bigint,
    member_role text,
    migrated text,
    caller public.tenantry_users_user,
    organization public.tenantry_organizations_organization
)
LANGUAGE plpgsql STABLE ROWS 1 AS $$
BEGIN
    RETURN QUERY
    SELECT shown.id, m.role::text, s.applied::text, u, o
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

COMMENT ON FUNCTION public.tenantry_access_principal IS
'Returns the caller, the organization of the request and the membership in it as one row. An
unknown or expired token and a deactivated user give no row. A token is valid only for the
membership that it was issued for.';
"""

BACKWARDS = "DROP FUNCTION public.tenantry_access_principal"


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("tenantry_organizations", "0002_membership"),
        ("tenancy", "0001_fleet_state"),
        ("tenantry_users", "0002_api_token"),
    ]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
