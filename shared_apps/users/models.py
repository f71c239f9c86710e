"""Users and their API tokens, in `public`."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import PermissionsMixin
from django.db import models, transaction
from django.db.models import ProtectedError
from django.db.models.functions import Lower
from django.db.models.signals import pre_delete
from django.dispatch import receiver

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record

from .managers import ApiTokenManager, UserManager

MAX_EMAIL = 254  # characters
MAX_NAME = 150


class User(AbstractBaseUser, PermissionsMixin):
    """A user signs in with an email address. Users are deactivated, never deleted."""

    email = models.EmailField(max_length=MAX_EMAIL)
    name = models.CharField(max_length=MAX_NAME)
    organization = models.ForeignKey(
        "tenantry_organizations.Organization",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The organization that the user works in after a sign-in.",
    )
    is_active = models.BooleanField(
        "active",
        default=True,
        help_text="An inactive user cannot sign in, and their tokens and sessions stop working. "
        "Users are never deleted.",
    )
    is_staff = models.BooleanField("staff", default=False, help_text="Can sign in to the admin.")
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        ordering = ("email",)
        constraints = (
            models.UniqueConstraint(
                Lower("email"),
                name="tenantry_users_user_email_unique",
                violation_error_message="A user with this email already exists.",
            ),
            # The view of an organization's people has no passwords (migration 0001 of `people`).
            models.CheckConstraint(
                condition=~models.Q(password=""),
                name="tenantry_users_user_password",
                violation_error_message="A user that was read while an organization was active "
                "cannot be saved. Read it in `with tenant_context(None):`.",
            ),
        )

    def __str__(self) -> str:
        return self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and record a changed password in the audit log."""
        replaces_password = not self._state.adding and self._password is not None
        with transaction.atomic(savepoint=False):
            super().save(*args, **kwargs)
            if replaces_password:
                record(AuditAction.USER_CHANGED, subject=self, fields=["password"])

    def set_unusable_password(self) -> None:
        super().set_unusable_password()
        self._password = ""  # Django's flag of a new password; save() resets it.

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name


@receiver(pre_delete, sender=User)
def prevent_user_deletion(instance: User, **_: Any) -> None:
    """Raise ProtectedError, because tokens and rows of tenants refer to users."""
    raise ProtectedError("Users are never deleted. Deactivate them.", {instance})


class ApiToken(models.Model):
    """A token for the API, of one user in one organization."""

    digest = models.CharField(max_length=64, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    organization = models.ForeignKey(
        "tenantry_organizations.Organization", on_delete=models.CASCADE, related_name="api_tokens"
    )
    # PostgreSQL sets it to NULL when the membership is deleted (migration 0002). The token then
    # fails, even if the user becomes a member again.
    membership = models.ForeignKey(
        "tenantry_organizations.Membership",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="+",
    )
    expiry = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[ApiTokenManager] = ApiTokenManager()

    class Meta:
        verbose_name = "API token"
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.user} in {self.organization}, until {self.expiry:%Y-%m-%d}"
