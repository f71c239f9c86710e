"""Invitations, and offers of ownership, which PostgreSQL deletes with their memberships."""

import django.db.models.deletion
from django.db import migrations, models

FORWARDS = """
ALTER TABLE public.tenantry_organizations_invitation
    ADD CONSTRAINT tenantry_organizations_invitation_inviter
    FOREIGN KEY (inviter_id) REFERENCES public.tenantry_organizations_membership (id)
    ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE public.tenantry_organizations_ownershipoffer
    ADD CONSTRAINT tenantry_organizations_ownershipoffer_by
    FOREIGN KEY (by_id) REFERENCES public.tenantry_organizations_membership (id)
    ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT tenantry_organizations_ownershipoffer_to
    FOREIGN KEY (to_id) REFERENCES public.tenantry_organizations_membership (id)
    ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
"""

BACKWARDS = """
ALTER TABLE public.tenantry_organizations_ownershipoffer
    DROP CONSTRAINT tenantry_organizations_ownershipoffer_to,
    DROP CONSTRAINT tenantry_organizations_ownershipoffer_by;
ALTER TABLE public.tenantry_organizations_invitation
    DROP CONSTRAINT tenantry_organizations_invitation_inviter;
"""


def membership(related_name: str, *, null: bool = False) -> models.Field:
    return models.ForeignKey(
        db_constraint=False,
        null=null,
        on_delete=django.db.models.deletion.DO_NOTHING,
        related_name=related_name,
        to="tenantry_organizations.membership",
    )


class Migration(migrations.Migration):
    dependencies = [("tenantry_organizations", "0004_people")]

    operations = [
        migrations.CreateModel(
            name="Invitation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("email", models.EmailField(help_text="Who is invited.", max_length=254)),
                (
                    "email_key",
                    models.CharField(
                        help_text="The same text for all spellings of the address.", max_length=254
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[("owner", "Owner"), ("admin", "Admin"), ("member", "Member")],
                        default="member",
                        max_length=10,
                    ),
                ),
                ("token_digest", models.CharField(editable=False, max_length=64, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField()),
                ("inviter", membership("invitations", null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invitations",
                        to="tenantry_organizations.organization",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "email_key"),
                        name="tenantry_organizations_invitation_unique",
                        violation_error_message="This address was invited already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(role__in=["owner", "admin", "member"]),
                        name="tenantry_organizations_invitation_role",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OwnershipOffer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField()),
                ("by", membership("+")),
                ("to", membership("+")),
                (
                    "organization",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="ownership_offer",
                        to="tenantry_organizations.organization",
                    ),
                ),
            ],
            options={"ordering": ("id",)},
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
