"""No user has an empty password: one that was read while an organization was active has.

Saving such a user would replace the hash in `public`.
"""

from django.db import migrations, models

# As Django's make_password(None) does: no password matches it.
MAKE_UNUSABLE = """
UPDATE public.tenantry_users_user
SET password = '!' || replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')
WHERE password = ''
"""


class Migration(migrations.Migration):
    dependencies = [("tenantry_users", "0002_api_token")]

    operations = [
        migrations.RunSQL(MAKE_UNUSABLE, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=~models.Q(password=""),
                name="tenantry_users_user_password",
                violation_error_message="A user that was read while an organization was active "
                "cannot be saved. Read it in `with tenant_context(None):`.",
            ),
        ),
    ]
