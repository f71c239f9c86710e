from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0001_fleet_state")]

    operations = [
        migrations.AddField(
            "schemastate",
            "role",
            models.CharField(
                blank=True,
                db_default="",
                help_text="The role of its statements (TENANT_ROLES); empty for shared schemas.",
                max_length=63,
            ),
        ),
        migrations.CreateModel(
            "SpareRole",
            [("name", models.CharField(max_length=63, primary_key=True, serialize=False))],
        ),
    ]
