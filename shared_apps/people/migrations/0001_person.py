"""The people of an organization, and the view that replaces the table of users in its schema.

search_path names the organization's schema before `public`, so `tenantry_users_user` is this view
while the organization is active. Columns other than id, email and name are constants: a password
hash cannot be read. Each write raises an error. The view needs an INSTEAD OF trigger, otherwise
PostgreSQL would write to the copy. The trigger for each statement also rejects a statement that
matches no row.
"""

from django.db import migrations, models

from shared_apps.people.services import people_copy
from tenantry.context import active_schema

VIEW = """
CREATE VIEW tenantry_users_user AS
SELECT
    id,
    ''::varchar(128) AS password,
    NULL::timestamptz AS last_login,
    false AS is_superuser,
    email,
    name,
    NULL::bigint AS organization_id,
    true AS is_active,
    false AS is_staff,
    NULL::timestamptz AS created_at
FROM tenantry_people_person;

CREATE TRIGGER tenantry_people_read_only
    BEFORE INSERT OR UPDATE OR DELETE ON tenantry_users_user
    FOR EACH STATEMENT EXECUTE FUNCTION public.tenantry_organizations_reject_write();

CREATE TRIGGER tenantry_people_no_copy
    INSTEAD OF INSERT OR UPDATE OR DELETE ON tenantry_users_user
    FOR EACH ROW EXECUTE FUNCTION public.tenantry_organizations_reject_write();
"""


def copy_people(*_: object) -> None:
    schema_name = active_schema()
    assert schema_name is not None
    people_copy(schema_name=schema_name)


class Migration(migrations.Migration):
    initial = True
    dependencies = [("tenantry_organizations", "0004_people"), ("tenantry_users", "0003_password")]

    operations = [
        migrations.CreateModel(
            name="Person",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("email", models.EmailField(max_length=254)),
                ("name", models.CharField(max_length=150)),
            ],
            options={"verbose_name_plural": "people", "ordering": ("id",)},
        ),
        migrations.RunSQL(VIEW, "DROP VIEW tenantry_users_user"),
        migrations.RunPython(copy_people, migrations.RunPython.noop),
    ]
