"""Tokens get a name, scopes and a last use, and may have no expiry; an organization gets keys.

The code of 0.4.0 inserts tokens without the new columns: each has a default or can be NULL.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenantry_users", "0003_password")]

    operations = [
        migrations.AddField(
            model_name="apitoken",
            name="prefix",
            field=models.CharField(db_default="", editable=False, max_length=16),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="name",
            field=models.CharField(blank=True, db_default="", max_length=100),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="role",
            field=models.CharField(
                blank=True,
                db_default="",
                help_text="Of a key; empty for a user's token.",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="scopes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=60),
                help_text="What the token may do; empty for all that its role may do.",
                null=True,
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="is_sign_in",
            field=models.BooleanField(db_default=True, editable=False),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="created_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="last_used_on",
            field=models.DateField(editable=False, null=True, verbose_name="last used"),
        ),
        migrations.AlterField(
            model_name="apitoken",
            name="expiry",
            field=models.DateTimeField(help_text="Empty if it does not expire.", null=True),
        ),
        migrations.AlterField(
            model_name="apitoken",
            name="user",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="api_tokens",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="apitoken",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("role", ""), ("user__isnull", False)),
                    models.Q(("role__in", ["admin", "member"]), ("user__isnull", True)),
                    _connector="OR",
                ),
                name="tenantry_users_apitoken_user_or_role",
            ),
        ),
    ]
