"""A user who gets another address has to verify it.

allauth's table gets a row that is not verified. It is a trigger, because the admin, the shell and
SQL change users without a service. A service with a proof of the new address deletes the row in the
same transaction (`shared_apps.users.verification`). Users without a row are verified.
"""

from django.conf import settings
from django.db import migrations

FORWARDS = """
CREATE FUNCTION public.tenantry_accounts_unverify() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM public.account_emailaddress WHERE user_id = NEW.id;
    INSERT INTO public.account_emailaddress (user_id, email, verified, "primary")
    VALUES (NEW.id, NEW.email, false, true);
    RETURN NULL;
END
$$;

CREATE TRIGGER tenantry_accounts_unverify
    AFTER UPDATE OF email ON public.tenantry_users_user
    FOR EACH ROW WHEN (lower(NEW.email) <> lower(OLD.email))
    EXECUTE FUNCTION public.tenantry_accounts_unverify();
"""

BACKWARDS = """
DROP TRIGGER tenantry_accounts_unverify ON public.tenantry_users_user;
DROP FUNCTION public.tenantry_accounts_unverify();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tenantry_accounts", "0001_links"),
        ("account", "0009_emailaddress_unique_primary_email"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
