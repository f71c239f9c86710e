"""Staff who may write in an organization are among its people: rows and logs refer to them."""

from django.db import migrations

FORWARDS = """
CREATE TRIGGER tenantry_staff_add_person
    AFTER INSERT OR UPDATE OF read_only ON public.tenantry_staff_supportsession
    FOR EACH ROW WHEN (NOT NEW.read_only)
    EXECUTE FUNCTION public.tenantry_organizations_add_person();
"""

BACKWARDS = "DROP TRIGGER tenantry_staff_add_person ON public.tenantry_staff_supportsession"


class Migration(migrations.Migration):
    dependencies = [
        ("tenantry_staff", "0001_support_session"),
        ("tenantry_organizations", "0004_people"),
    ]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
