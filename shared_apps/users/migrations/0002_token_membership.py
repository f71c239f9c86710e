"""A token belongs to one membership, and PostgreSQL lets go of it when that membership ends.

A membership that is made again later is another one: old tokens do not come back to life.
"""

import django.db.models.deletion
from django.db import migrations, models

FORWARDS = """
UPDATE public.tenantry_users_apitoken token
SET membership_id = m.id
FROM public.tenantry_organizations_membership m
WHERE m.user_id = token.user_id AND m.organization_id = token.organization_id;

ALTER TABLE public.tenantry_users_apitoken ADD CONSTRAINT tenantry_users_apitoken_membership
    FOREIGN KEY (membership_id) REFERENCES public.tenantry_organizations_membership (id)
    ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED;
"""

BACKWARDS = (
    "ALTER TABLE public.tenantry_users_apitoken DROP CONSTRAINT tenantry_users_apitoken_membership"
)


class Migration(migrations.Migration):
    dependencies = [
        ("tenantry_users", "0001_user_and_token"),
        ("tenantry_organizations", "0002_membership"),
    ]

    operations = [
        migrations.AddField(
            "apitoken",
            "membership",
            models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="tenantry_organizations.membership",
            ),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
