from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="SchemaState",
            fields=[
                ("schema_name", models.CharField(max_length=63, primary_key=True, serialize=False)),
                (
                    "applied",
                    models.CharField(
                        help_text="Hash of the migrations in the code that are applied.",
                        max_length=64,
                    ),
                ),
                (
                    "error",
                    models.TextField(
                        blank=True, help_text="Why the last attempt failed; empty after success."
                    ),
                ),
                (
                    "attempts",
                    models.PositiveIntegerField(default=0, help_text="Failed attempts in a row."),
                ),
                (
                    "seconds",
                    models.FloatField(help_text="Duration of the last migrations.", null=True),
                ),
                (
                    "migrated_at",
                    models.DateTimeField(help_text="When migrations last ran.", null=True),
                ),
                (
                    "structure",
                    models.CharField(
                        blank=True,
                        db_default="",
                        help_text=(
                            "Fingerprints of the template after its migrations; "
                            "empty for other schemas."
                        ),
                        max_length=114,
                    ),
                ),
                (
                    "size",
                    models.BigIntegerField(
                        help_text="Size of its tables and indexes in bytes.", null=True
                    ),
                ),
                (
                    "measured_at",
                    models.DateTimeField(help_text="When the size was measured.", null=True),
                ),
                (
                    "differences",
                    models.TextField(
                        blank=True,
                        db_default="",
                        help_text="Differences from the template, one in each line.",
                    ),
                ),
                (
                    "compared_at",
                    models.DateTimeField(
                        help_text="When it was compared with the template.", null=True
                    ),
                ),
            ],
            options={
                "ordering": ("schema_name",),
            },
        ),
    ]
