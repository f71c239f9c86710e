"""PostgreSQL keeps `organization_id` of `tenantry_users_user` at a live membership of the user.

- A foreign key allows only an organization of the user's memberships, or NULL.
- The first membership sets it. When that membership is deleted, the oldest membership in an active
  organization replaces it. When an organization becomes active again, its members without an
  organization get it.

These are triggers, because bulk_create(), the shell and SQL change memberships without a service.
Each change locks the user first, so the second of two concurrent changes sees the result of the
first. PostgreSQL locks the row of a DELETE before the trigger runs, so two DELETEs of several
memberships of a user can deadlock.
"""

from django.db import migrations

FORWARDS = """
ALTER TABLE public.tenantry_users_user ADD CONSTRAINT tenantry_users_user_landing
    FOREIGN KEY (id, organization_id)
    REFERENCES public.tenantry_organizations_membership (user_id, organization_id)
    ON DELETE SET NULL (organization_id) DEFERRABLE INITIALLY DEFERRED;

CREATE FUNCTION public.tenantry_organizations_lock_user() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM public.tenantry_users_user
    WHERE id = coalesce(NEW.user_id, OLD.user_id)
    FOR NO KEY UPDATE;
    RETURN coalesce(NEW, OLD);
END
$$;

CREATE FUNCTION public.tenantry_organizations_land() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE public.tenantry_users_user
    SET organization_id = NEW.organization_id
    WHERE id = NEW.user_id AND organization_id IS NULL;
    RETURN NULL;
END
$$;

CREATE FUNCTION public.tenantry_organizations_land_elsewhere() RETURNS trigger
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

CREATE FUNCTION public.tenantry_organizations_land_members() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM public.tenantry_users_user
    WHERE id IN (
        SELECT user_id FROM public.tenantry_organizations_membership WHERE organization_id = NEW.id
    )
    ORDER BY id
    FOR NO KEY UPDATE;
    UPDATE public.tenantry_users_user
    SET organization_id = NEW.id
    WHERE organization_id IS NULL AND id IN (
        SELECT user_id FROM public.tenantry_organizations_membership WHERE organization_id = NEW.id
    );
    RETURN NULL;
END
$$;

CREATE TRIGGER tenantry_organizations_lock_user
    BEFORE INSERT OR DELETE ON public.tenantry_organizations_membership
    FOR EACH ROW EXECUTE FUNCTION public.tenantry_organizations_lock_user();

CREATE TRIGGER tenantry_organizations_land
    AFTER INSERT ON public.tenantry_organizations_membership
    FOR EACH ROW EXECUTE FUNCTION public.tenantry_organizations_land();

-- Triggers fire in the order of their names, so the foreign key's trigger RI_... sets NULL first.
CREATE TRIGGER tenantry_organizations_land_elsewhere
    AFTER DELETE ON public.tenantry_organizations_membership
    FOR EACH ROW EXECUTE FUNCTION public.tenantry_organizations_land_elsewhere();

CREATE TRIGGER tenantry_organizations_land_members
    AFTER UPDATE OF status ON public.tenantry_organizations_organization
    FOR EACH ROW WHEN (NEW.status = 'active' AND OLD.status <> 'active')
    EXECUTE FUNCTION public.tenantry_organizations_land_members();
"""

BACKWARDS = """
DROP TRIGGER tenantry_organizations_land_members ON public.tenantry_organizations_organization;
DROP TRIGGER tenantry_organizations_land_elsewhere ON public.tenantry_organizations_membership;
DROP TRIGGER tenantry_organizations_land ON public.tenantry_organizations_membership;
DROP TRIGGER tenantry_organizations_lock_user ON public.tenantry_organizations_membership;
DROP FUNCTION public.tenantry_organizations_land_members();
DROP FUNCTION public.tenantry_organizations_land_elsewhere();
DROP FUNCTION public.tenantry_organizations_land();
DROP FUNCTION public.tenantry_organizations_lock_user();
ALTER TABLE public.tenantry_users_user DROP CONSTRAINT tenantry_users_user_landing;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tenantry_organizations", "0002_membership"),
        ("tenantry_users", "0001_user"),
    ]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
