"""A token that was made by another one ends with it; a key remembers that it was rotated."""

import django.db.models.deletion
from django.db import migrations, models

FORWARDS = """
ALTER TABLE public.tenantry_users_apitoken ADD CONSTRAINT tenantry_users_apitoken_made_by
    FOREIGN KEY (made_by_id) REFERENCES public.tenantry_users_apitoken (id) ON DELETE CASCADE;
CREATE INDEX tenantry_users_apitoken_made_by
    ON public.tenantry_users_apitoken (made_by_id) WHERE made_by_id IS NOT NULL;
"""
BACKWARDS = """
DROP INDEX public.tenantry_users_apitoken_made_by;
ALTER TABLE public.tenantry_users_apitoken DROP CONSTRAINT tenantry_users_apitoken_made_by;
"""


class Migration(migrations.Migration):
    dependencies = [("tenantry_users", "0005_sign_in_session")]

    operations = [
        migrations.AddField(
            model_name="apitoken",
            name="made_by",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="tenantry_users.apitoken",
            ),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="rotated_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
