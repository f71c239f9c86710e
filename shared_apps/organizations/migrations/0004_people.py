"""PostgreSQL copies the names of an organization's people into its schema.

The table is `tenantry_people_person` of the app `people`. A user is copied who becomes a member,
and a member who gets another name or email. These are triggers, because bulk_create(), the admin
and SQL change memberships and users without a service. A copy stays when the membership ends: rows
of the organization still refer to it.

A schema can lack the table, as long as it is not migrated. The lock on the organization makes a
change of people and a migration wait for each other; so one of the two copies the user.
"""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION public.tenantry_organizations_copy_people(place text, users bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    -- Not to_regclass(): it can miss a table that was committed while this transaction waited.
    IF EXISTS (
        SELECT FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relname = 'tenantry_people_person' AND n.nspname = place
    ) THEN
        EXECUTE format(
            'INSERT INTO %I.tenantry_people_person AS person (id, email, name) '
            'SELECT id, email, name FROM public.tenantry_users_user '
            'WHERE id = ANY ($1) ORDER BY id '
            'ON CONFLICT (id) DO UPDATE SET email = EXCLUDED.email, name = EXCLUDED.name '
            'WHERE (person.email, person.name) <> (EXCLUDED.email, EXCLUDED.name)',
            place
        ) USING users;
    END IF;
END
$$;

COMMENT ON FUNCTION public.tenantry_organizations_copy_people IS
'Copies names and emails of users into the schema of an organization, if it has the table.';

CREATE FUNCTION public.tenantry_organizations_add_person() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    -- Waits for a concurrent change of the name.
    PERFORM FROM public.tenantry_users_user WHERE id = NEW.user_id FOR SHARE;
    PERFORM public.tenantry_organizations_copy_people(schema_name, ARRAY[NEW.user_id])
    FROM (
        SELECT schema_name
        FROM public.tenantry_organizations_organization
        WHERE id = NEW.organization_id
        FOR KEY SHARE
    ) locked;
    RETURN NULL;
END
$$;

CREATE FUNCTION public.tenantry_organizations_rename_person() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public.tenantry_organizations_copy_people(schema_name, ARRAY[NEW.id])
    FROM (
        SELECT o.schema_name
        FROM public.tenantry_organizations_membership m
        JOIN public.tenantry_organizations_organization o ON o.id = m.organization_id
        WHERE m.user_id = NEW.id
        ORDER BY o.id
        FOR KEY SHARE OF o
    ) locked;
    RETURN NULL;
END
$$;

CREATE FUNCTION public.tenantry_organizations_reject_write() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Users are written without a tenant: % is rejected.', TG_OP
    USING HINT = 'Read and save the user in `with tenant_context(None):`.';
END
$$;

CREATE TRIGGER tenantry_organizations_add_person
    AFTER INSERT OR UPDATE OF user_id, organization_id ON public.tenantry_organizations_membership
    FOR EACH ROW EXECUTE FUNCTION public.tenantry_organizations_add_person();

CREATE TRIGGER tenantry_organizations_rename_person
    AFTER UPDATE OF name, email ON public.tenantry_users_user
    FOR EACH ROW WHEN ((NEW.name, NEW.email) IS DISTINCT FROM (OLD.name, OLD.email))
    EXECUTE FUNCTION public.tenantry_organizations_rename_person();
"""

BACKWARDS = """
DROP TRIGGER tenantry_organizations_rename_person ON public.tenantry_users_user;
DROP TRIGGER tenantry_organizations_add_person ON public.tenantry_organizations_membership;
DROP FUNCTION public.tenantry_organizations_reject_write();
DROP FUNCTION public.tenantry_organizations_rename_person();
DROP FUNCTION public.tenantry_organizations_add_person();
DROP FUNCTION public.tenantry_organizations_copy_people(text, bigint[]);
"""


class Migration(migrations.Migration):
    dependencies = [("tenantry_organizations", "0003_landing")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
