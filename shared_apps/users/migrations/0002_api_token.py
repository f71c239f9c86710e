"""A token belongs to one membership; PostgreSQL sets it to NULL when the membership is deleted.

A later membership of the same user is another row, so old tokens stay invalid.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FORWARDS = """
ALTER TABLE public.tenantry_users_apitoken ADD CONSTRAINT tenantry_users_apitoken_membership
    FOREIGN KEY (membership_id) REFERENCES public.tenantry_organizations_membership (id)
    ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED;
"""

BACKWARDS = (
    "ALTER TABLE public.tenantry_users_apitoken DROP CONSTRAINT tenantry_users_apitoken_membership"
)


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenantry_users", "0001_user"),
        ("tenantry_organizations", "0002_membership"),
    ]

    operations = [
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                ("expiry", models.DateTimeField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="api_tokens",
                        to="tenantry_organizations.organization",
                    ),
                ),
                (
                    "membership",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenantry_organizations.membership",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="api_tokens",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"verbose_name": "API token", "ordering": ("-created_at",)},
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
