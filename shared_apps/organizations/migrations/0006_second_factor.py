from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenantry_organizations", "0005_invitation")]

    operations = [
        migrations.AddField(
            model_name="organization",
            name="second_factor_required",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Members can work here only after they add a second factor to their "
                "account.",
            ),
        ),
    ]
