from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenantry_items", "0001_item")]

    operations = [
        migrations.AddField(
            "item", "color", models.CharField(max_length=9, default="red", db_index=True)
        ),
    ]
