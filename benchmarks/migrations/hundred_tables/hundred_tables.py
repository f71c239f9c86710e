from django.db import migrations, models

OURS = 5
"""Tables of a tenant without these, including django_migrations."""


class Migration(migrations.Migration):
    dependencies = [("tenantry_items", "0001_item")]

    operations = [
        migrations.CreateModel(
            f"Thing{number}",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("name", models.CharField(max_length=50, unique=True)),
                ("price", models.DecimalField(max_digits=12, decimal_places=2, default=0)),
                ("item", models.ForeignKey("tenantry_items.Item", models.CASCADE)),
            ],
        )
        for number in range(100 - OURS)
    ]
