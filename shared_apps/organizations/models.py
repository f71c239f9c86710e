"""The customers, and who belongs to them. Lives in `public`."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import ProtectedError
from django.db.models.signals import pre_delete
from django.dispatch import receiver
from django_tenants.models import TenantMixin

from tenantry.names import validate_schema_name
from tenantry.schemas.provisioning import Provisioned

from .roles import Role


class Organization(TenantMixin):  # type: ignore[misc]
    """A customer: a row here, and a PostgreSQL schema that holds its business data.

    Made by `services.organization_create`, never by `save()`; never deleted, but archived.
    """

    class Status(models.TextChoices):
        """Whether members can work in it."""

        ACTIVE = "active"
        SUSPENDED = "suspended"
        ARCHIVED = "archived"

    objects: ClassVar[models.Manager["Organization"]] = models.Manager()

    provisioned: Provisioned | None = None
    """How the schema was made, on the object that `organization_create` returns."""

    auto_create_schema = False
    auto_drop_schema = False

    schema_name = models.CharField(
        max_length=63,
        unique=True,
        validators=[validate_schema_name],
        help_text="Lower-case letters, digits and underscores; cannot be changed later.",
    )
    name = models.CharField(max_length=150)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    currency = models.CharField(
        max_length=3,
        default="EUR",
        validators=[RegexValidator(r"\A[A-Z]{3}\Z", "Give a currency as ISO 4217 does: EUR, USD.")],
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
        """Save; the schema keeps its name.

        Raises:
            ValidationError: when `schema_name` is not what it was.
        """
        if not self._state.adding and self._is_renamed():
            raise ValidationError({"schema_name": "The schema's name cannot be changed."})
        super().save(*args, **kwargs)

    def _is_renamed(self) -> bool:
        stored = Organization.objects.filter(pk=self.pk)
        return stored.exclude(schema_name=self.schema_name).exists()

    def _check_schema_name_is_unique(self) -> None:
        """django-tenants asks without regard to case, which only an older project's names have."""
        if getattr(settings, "TENANCY_LEGACY_SCHEMA_NAMES", False):
            super()._check_schema_name_is_unique()


@receiver(pre_delete, sender=settings.AUTH_USER_MODEL)
@receiver(pre_delete, sender=Organization)
def refuse_deletion(instance: models.Model, **_: Any) -> None:
    """Keep users and organizations: tokens, schemas and their rows refer to them.

    Raises:
        ProtectedError: always.
    """
    name = instance._meta.verbose_name_plural
    raise ProtectedError(f"{name} are never deleted: see is_active and status.", {instance})


class Membership(models.Model):
    """That a user belongs to an organization, and as what."""

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
                violation_error_message="This user already is a member of the organization.",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=["owner", "admin", "member"]),
                name="tenantry_organizations_membership_role",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.role} of {self.organization}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and tell the user object where PostgreSQL lets them land now (migration 0003)."""
        super().save(*args, **kwargs)
        if Membership.user.is_cached(self):
            self.user.refresh_from_db(fields=["organization"])

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete, and tell the user object where PostgreSQL lets them land now.

        Locks the person first: what holds a membership that is being deleted, and waits for the
        person, deadlocks with a transaction that lets them land in it.
        """
        with transaction.atomic():
            get_user_model().objects.select_for_update(no_key=True).get(pk=self.user_id)
            deleted = super().delete(*args, **kwargs)
            self.user.refresh_from_db(fields=["organization"])
        return deleted
