import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("action", models.CharField(max_length=40)),
                ("actor_id", models.BigIntegerField(null=True)),
                (
                    "actor",
                    models.CharField(
                        help_text="Email of the user, or the name of the program.", max_length=254
                    ),
                ),
                ("address", models.GenericIPAddressField(null=True)),
                (
                    "schema_name",
                    models.CharField(blank=True, max_length=63, verbose_name="organization"),
                ),
                (
                    "subject",
                    models.CharField(
                        blank=True, help_text="The object of the action.", max_length=254
                    ),
                ),
                ("reason", models.TextField(blank=True)),
                ("data", models.JSONField(default=dict)),
            ],
            options={
                "verbose_name": "audit entry",
                "verbose_name_plural": "audit entries",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["schema_name", "-id"], name="tenantry_audit_schema_name"),
                    models.Index(fields=["actor", "-id"], name="tenantry_audit_actor"),
                    models.Index(
                        django.db.models.functions.text.Upper("subject"),
                        models.F("id").desc(),
                        name="tenantry_audit_subject",
                    ),
                ],
            },
        ),
    ]
