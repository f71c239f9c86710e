"""Users, their sessions and API tokens, in `public`."""

from contextlib import suppress
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import ProtectedError
from django.db.models.functions import Lower
from django.db.models.signals import pre_delete
from django.dispatch import Signal, receiver

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record
from shared_apps.core.addresses import storable_address
from shared_apps.core.errors import DomainError

from .managers import ApiTokenManager, UserManager

MAX_EMAIL = 254  # characters
MAX_NAME = 150
MAX_TOKEN_NAME = 100
MAX_SCOPE = 60
MAX_DEVICE = 200

password_replaced = Signal()
"""Sent in the transaction that saves another password of `user`, whatever code does it."""


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

    kept_session: int = 0
    """The id of a session that a new password does not end; 0 for none."""

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

    def clean(self) -> None:
        with suppress(DomainError):  # Mail cannot reach it; staff may have a use for it.
            self.email = storable_address(self.email)
        super().clean()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save. A changed password is recorded, and ends the user's sessions.

        Django denies sessions with another password's hash. Without their rows, no list shows them.
        `password_replaced` is sent in the same transaction.
        """
        replaces_password = not self._state.adding and self._password is not None
        with transaction.atomic(savepoint=False):
            super().save(*args, **kwargs)
            if replaces_password:
                record(AuditAction.USER_CHANGED, subject=self, fields=["password"])
                self.sign_in_sessions.exclude(pk=self.kept_session).delete()
                password_replaced.send(User, user=self)

    def check_password(self, raw_password: str | None) -> bool:
        """Check a password, and store its hash again if it is an old one.

        Django's method would overwrite a password that was changed during the check.
        """

        def hash_again(password: str | None) -> None:
            checked, self.password = self.password, make_password(password)
            User.objects.filter(pk=self.pk, password=checked).update(password=self.password)

        return check_password(raw_password, self.password, hash_again)

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
    """A token for the API: of one user in one organization, or a key of the organization itself.

    A key has no user. It acts as a service account with the role `role`.
    """

    digest = models.CharField(max_length=64, unique=True, editable=False)
    # The first letters, by which people recognize it; empty for tokens of 0.4.0 and older.
    prefix = models.CharField(max_length=16, db_default="", editable=False)
    name = models.CharField(max_length=MAX_TOKEN_NAME, db_default="", blank=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="api_tokens")
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
    role = models.CharField(
        max_length=10, db_default="", blank=True, help_text="Of a key; empty for a user's token."
    )
    scopes = ArrayField(
        models.CharField(max_length=MAX_SCOPE),
        null=True,
        help_text="What the token may do; empty for all that its role may do.",
    )
    # Issued by a sign-in with a password, and not made by hand.
    is_sign_in = models.BooleanField(db_default=True, editable=False)
    created_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    # The token with which this one was made. PostgreSQL deletes this one with it (migration 0006).
    made_by = models.ForeignKey(
        "self",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        editable=False,
        related_name="+",
    )
    # A key that was rotated works until its overlap ends.
    rotated_at = models.DateTimeField(null=True, editable=False)
    expiry = models.DateTimeField(null=True, help_text="Empty if it does not expire.")
    # A day, not a time: a write for each request would be expensive.
    last_used_on = models.DateField("last used", null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[ApiTokenManager] = ApiTokenManager()

    class Meta:
        verbose_name = "API token"
        ordering = ("-created_at",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(user__isnull=False, role="")
                | models.Q(user__isnull=True, role__in=["admin", "member"]),
                name="tenantry_users_apitoken_user_or_role",
            ),
        )

    def __str__(self) -> str:
        until = f"until {self.expiry:%Y-%m-%d}" if self.expiry else "without an expiry"
        return f"{self.user or self.name} in {self.organization}, {until}"


class SignInSession(models.Model):
    """A browser in which a user is signed in. The session ends when the row is deleted.

    The browser's session in `django_session` contains the row's id.
    """

    # The index of both is in migration 0005.
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, db_index=False, related_name="sign_in_sessions"
    )
    # The session's choice. PostgreSQL sets it to NULL when the membership is deleted.
    organization = models.ForeignKey(
        "tenantry_organizations.Organization",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        related_name="+",
    )
    device = models.CharField(max_length=MAX_DEVICE)
    address = models.GenericIPAddressField(null=True)
    last_used = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-last_used",)

    def __str__(self) -> str:
        return f"{self.user}, {self.device}"


class OldSessionsEnded(models.Model):
    """A user whose sessions of 0.4.0 have ended: those have no row that could be deleted."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="+")

    def __str__(self) -> str:
        return str(self.user)
