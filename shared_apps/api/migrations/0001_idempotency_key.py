from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("schema_name", models.CharField(max_length=63, verbose_name="organization")),
                ("caller", models.CharField(help_text="Primary key of the user.", max_length=64)),
                ("key", models.CharField(max_length=255)),
                (
                    "request",
                    models.CharField(help_text="SHA-256 of method, path and body.", max_length=64),
                ),
                ("status", models.PositiveSmallIntegerField()),
                (
                    "response",
                    models.TextField(help_text="The JSON of the response; empty without a body."),
                ),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("schema_name", "caller", "key"),
                        name="tenantry_api_idempotencykey_unique",
                    )
                ],
            },
        ),
    ]
