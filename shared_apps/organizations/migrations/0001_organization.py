import django.core.validators
from django.db import migrations, models

import tenantry.names


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Organization",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "schema_name",
                    models.CharField(
                        error_messages={"unique": "This schema name is taken. Choose another one."},
                        help_text="Lowercase letters, digits and underscores. "
                        "It cannot be changed later.",
                        max_length=63,
                        unique=True,
                        validators=[tenantry.names.validate_schema_name],
                    ),
                ),
                ("name", models.CharField(max_length=150)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("active", "Active"),
                            ("suspended", "Suspended"),
                            ("archived", "Archived"),
                        ],
                        default="active",
                        max_length=10,
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        default="EUR",
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator(
                                r"\A[A-Z]{3}\Z", "Use an ISO 4217 code, for example EUR."
                            )
                        ],
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ("schema_name",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(status__in=["active", "suspended", "archived"]),
                        name="tenantry_organizations_organization_status",
                    )
                ],
            },
        ),
    ]
