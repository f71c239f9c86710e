"""Organizations and memberships, in `public`."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import ProtectedError, Q
from django.db.models.signals import pre_delete
from django.dispatch import receiver
from django.utils import timezone
from django_tenants.models import TenantMixin

from shared_apps.users.models import MAX_EMAIL, ApiToken
from tenantry.context import tenant_context
from tenantry.names import validate_schema_name
from tenantry.provisioning import Provisioned

from .roles import Role


class Organization(TenantMixin):  # type: ignore[misc]
    """A customer, with a PostgreSQL schema for its business data.

    `services.organization_create` creates it with the schema; `save()` creates only the row.
    Organizations are archived, never deleted.
    """

    class Status(models.TextChoices):
        ACTIVE = "active"
        SUSPENDED = "suspended"
        ARCHIVED = "archived"

    objects: ClassVar[models.Manager["Organization"]] = models.Manager()

    provisioned: Provisioned | None = None
    """How the schema was created; set by `organization_create`."""

    auto_create_schema = False
    auto_drop_schema = False

    schema_name = models.CharField(
        max_length=63,
        unique=True,
        error_messages={"unique": "This schema name is taken. Choose another one."},
        validators=[validate_schema_name],
        help_text="Lowercase letters, digits and underscores. It cannot be changed later.",
    )
    name = models.CharField(max_length=150)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    currency = models.CharField(
        max_length=3,
        default="EUR",
        validators=[RegexValidator(r"\A[A-Z]{3}\Z", "Use an ISO 4217 code, for example EUR.")],
    )
    second_factor_required = models.BooleanField(
        db_default=False,
        default=False,
        help_text="Members can work here only after they add a second factor to their account.",
    )
    # The person who created it, for their limit a day; NULL for those of staff and commands.
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("schema_name",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(status__in=["active", "suspended", "archived"]),
                name="tenantry_organizations_organization_status",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; a changed `schema_name` raises ValidationError."""
        if not self._state.adding and self._is_renamed():
            raise ValidationError({"schema_name": "The schema name cannot be changed."})
        super().save(*args, **kwargs)

    def _is_renamed(self) -> bool:
        stored = Organization.objects.filter(pk=self.pk)
        return stored.exclude(schema_name=self.schema_name).exists()

    def _check_schema_name_is_unique(self) -> None:
        """Skip django-tenants' query: it ignores case, and only legacy names differ by case."""
        if getattr(settings, "TENANCY_LEGACY_SCHEMA_NAMES", False):
            super()._check_schema_name_is_unique()


@receiver(pre_delete, sender=Organization)
def prevent_organization_deletion(instance: Organization, **_: Any) -> None:
    """Raise ProtectedError, because tokens and the schema belong to the organization."""
    raise ProtectedError("Organizations are never deleted. Archive them.", {instance})


class Membership(models.Model):
    """A user's role in an organization."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships"
    )
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="memberships"
    )
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("organization", "user")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("user", "organization"),
                name="tenantry_organizations_membership_unique",
                violation_error_message="This user is already a member of the organization.",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=["owner", "admin", "member"]),
                name="tenantry_organizations_membership_role",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.role} of {self.organization}"

    @tenant_context(None)
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and reload the user's organization, which PostgreSQL sets (migration 0003)."""
        super().save(*args, **kwargs)
        if Membership.user.is_cached(self):
            self.user.refresh_from_db(fields=["organization"])

    @tenant_context(None)
    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete, and reload the user's organization, which PostgreSQL sets.

        Locks the user before the membership. The other order could deadlock with a transaction
        that makes the membership's organization the user's own.
        """
        with transaction.atomic():
            get_user_model().objects.select_for_update(no_key=True).get(pk=self.user_id)
            deleted = super().delete(*args, **kwargs)
            self.user.refresh_from_db(fields=["organization"])
        return deleted


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def live(self) -> "InvitationQuerySet":
        """Return those that can be accepted now: the person or key that invited still may invite.

        Run it without a tenant: the view of an organization's people has no `is_active`.
        """
        by_owner = Q(inviter__role=Role.OWNER)
        by_admin = Q(inviter__role=Role.ADMIN) & ~Q(role=Role.OWNER)
        by_member = Q(inviter__user__is_active=True) & (by_owner | by_admin)
        now = timezone.now()
        by_key = Q(key__expiry=None) | Q(key__expiry__gt=now)  # Staff have no key, so no expiry.
        by_others = Q(inviter_id=None) & by_key
        return self.filter(by_others | by_member, expires_at__gt=now)


class Invitation(models.Model):
    """An address that may become a member. The row ends when it is accepted or revoked."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="invitations"
    )
    email = models.EmailField(max_length=MAX_EMAIL, help_text="Who is invited.")
    email_key = models.CharField(
        max_length=MAX_EMAIL, help_text="The same text for all spellings of the address."
    )
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    token_digest = models.CharField(max_length=64, unique=True, editable=False)
    # PostgreSQL deletes the invitation with the membership (migration 0005), or with the key that
    # invited (migration 0008). Both are NULL if staff invited.
    inviter = models.ForeignKey(
        Membership,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="invitations",
    )
    key = models.ForeignKey(
        ApiToken,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        editable=False,
        related_name="+",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("organization", "email_key"),
                name="tenantry_organizations_invitation_unique",
                violation_error_message="This address was invited already.",
            ),
            models.CheckConstraint(
                condition=Q(role__in=["owner", "admin", "member"]),
                name="tenantry_organizations_invitation_role",
            ),
        ]

    def __str__(self) -> str:
        return self.email

    def invited_by(self) -> str:
        """Return how the invited person reads who invites."""
        if self.inviter:
            return self.inviter.user.name
        return self.organization.name if self.key_id else "The team of Tenantry"


class OwnershipOffer(models.Model):
    """An owner's offer to hand over an organization, to one of its members."""

    organization = models.OneToOneField(
        Organization, on_delete=models.CASCADE, related_name="ownership_offer"
    )
    # PostgreSQL deletes the offer with either membership (migration 0005).
    by = models.ForeignKey(
        Membership, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    to = models.ForeignKey(
        Membership, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.organization}: offered to {self.to.user}"
