from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0001_fleet_state")]

    operations = [
        migrations.AlterField(
            model_name="schemastate",
            name="structure",
            field=models.CharField(
                blank=True,
                db_default="",
                help_text=(
                    "What the template held when its migrations had run; empty for all others."
                ),
                max_length=114,
            ),
        ),
    ]
