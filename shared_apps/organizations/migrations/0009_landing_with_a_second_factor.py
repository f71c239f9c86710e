"""Landing prefers an organization that requires no second factor, for a user who has none.

If all of the user's organizations require one, it is the oldest, which asks them to add it.
"""

from django.db import migrations

FORWARDS = """
CREATE OR REPLACE FUNCTION public.tenantry_organizations_land_elsewhere() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE public.tenantry_users_user person
    SET organization_id = usable.organization_id
    FROM (
        SELECT m.organization_id
        FROM public.tenantry_organizations_membership m
        JOIN public.tenantry_organizations_organization o ON o.id = m.organization_id
        WHERE m.user_id = OLD.user_id AND o.status = 'active'
        ORDER BY
            o.second_factor_required AND NOT EXISTS (
                SELECT FROM public.mfa_authenticator f
                WHERE f.user_id = OLD.user_id AND f.type IN ('totp', 'webauthn')
            ),
            m.id
        LIMIT 1
    ) usable
    WHERE person.id = OLD.user_id AND person.organization_id IS NULL;
    RETURN NULL;
END
$$;
"""

BACKWARDS = """
CREATE OR REPLACE FUNCTION public.tenantry_organizations_land_elsewhere() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE public.tenantry_users_user person
    SET organization_id = usable.organization_id
    FROM (
        SELECT m.organization_id
        FROM public.tenantry_organizations_membership m
        JOIN public.tenantry_organizations_organization o ON o.id = m.organization_id
        WHERE m.user_id = OLD.user_id AND o.status = 'active'
        ORDER BY m.id
        LIMIT 1
    ) usable
    WHERE person.id = OLD.user_id AND person.organization_id IS NULL;
    RETURN NULL;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tenantry_organizations", "0008_invitation_key"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
