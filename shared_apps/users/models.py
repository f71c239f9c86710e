"""Who may sign in: people, and the tokens they call the API with. Lives in `public`."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import PermissionsMixin
from django.db import models, transaction
from django.db.models.functions import Lower

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record

from .managers import ApiTokenManager, UserManager

MAX_EMAIL = 254  # characters


class User(AbstractBaseUser, PermissionsMixin):
    """A person; signs in with an email address. Never deleted: deactivated."""

    email = models.EmailField(max_length=MAX_EMAIL)
    name = models.CharField(max_length=150)
    organization = models.ForeignKey(
        "tenantry_organizations.Organization",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The organization this person lands in.",
    )
    is_active = models.BooleanField(
        "active",
        default=True,
        help_text="Users are never deleted; without this they cannot sign in, "
        "and their tokens and sessions stop working.",
    )
    is_staff = models.BooleanField(
        "staff", default=False, help_text="Runs the platform: may sign in to the admin."
    )
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
        )

    def __str__(self) -> str:
        return self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save. A changed password is in the audit log, from any page or command."""
        replaces_password = not self._state.adding and self._password is not None
        with transaction.atomic(savepoint=False):
            super().save(*args, **kwargs)
            if replaces_password:
                record(AuditAction.USER_CHANGED, subject=self, fields=["password"])

    def set_unusable_password(self) -> None:
        super().set_unusable_password()
        self._password = ""  # Django's mark of a new one, which it takes away in save().

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name


class ApiToken(models.Model):
    """The right to call the API as one user in one organization, until it expires or is deleted."""

    digest = models.CharField(max_length=64, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    organization = models.ForeignKey(
        "tenantry_organizations.Organization", on_delete=models.CASCADE, related_name="api_tokens"
    )
    # The database sets it to NULL when the membership ends (migration 0002). The token then stops
    # working for good, also when its user becomes a member again.
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
