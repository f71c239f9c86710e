"""Which key sent an invitation. PostgreSQL deletes the invitation with the key."""

import django.db.models.deletion
from django.db import migrations, models

FORWARDS = """
ALTER TABLE public.tenantry_organizations_invitation
    ADD CONSTRAINT tenantry_organizations_invitation_key
    FOREIGN KEY (key_id) REFERENCES public.tenantry_users_apitoken (id) ON DELETE CASCADE;
"""
BACKWARDS = """
ALTER TABLE public.tenantry_organizations_invitation
    DROP CONSTRAINT tenantry_organizations_invitation_key;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tenantry_organizations", "0007_created_by"),
        ("tenantry_users", "0004_keys_and_scopes"),
    ]

    operations = [
        migrations.AddField(
            model_name="invitation",
            name="key",
            field=models.ForeignKey(
                db_constraint=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="tenantry_users.apitoken",
            ),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
