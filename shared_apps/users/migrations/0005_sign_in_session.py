"""A row for each browser session. PostgreSQL clears its choice when the membership ends."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FORWARDS = """
ALTER TABLE public.tenantry_users_signinsession ADD CONSTRAINT tenantry_users_signinsession_choice
    FOREIGN KEY (user_id, organization_id)
    REFERENCES public.tenantry_organizations_membership (user_id, organization_id)
    ON DELETE SET NULL (organization_id);
CREATE INDEX tenantry_users_signinsession_choice
    ON public.tenantry_users_signinsession (user_id, organization_id);
"""
BACKWARDS = """
DROP INDEX public.tenantry_users_signinsession_choice;
ALTER TABLE public.tenantry_users_signinsession
    DROP CONSTRAINT tenantry_users_signinsession_choice;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tenantry_users", "0004_keys_and_scopes"),
        ("tenantry_organizations", "0006_second_factor"),
    ]

    operations = [
        migrations.CreateModel(
            name="SignInSession",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("device", models.CharField(max_length=200)),
                ("address", models.GenericIPAddressField(null=True)),
                ("last_used", models.DateTimeField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "organization",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenantry_organizations.organization",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sign_in_sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"ordering": ("-last_used",)},
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
