"""Managers of users and API tokens."""

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from django.conf import settings
from django.contrib.auth.base_user import BaseUserManager
from django.db import models, transaction
from django.db.models import Value
from django.db.models.functions import Lower
from django.utils import timezone

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import HasSchema, record

if TYPE_CHECKING:
    from .models import ApiToken, User


class TokenOrganization(HasSchema, Protocol):
    """An organization; this app imports nothing of `organizations`."""

    pk: Any


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user.

        Raises:
            ValidationError: by field, for example a used email.
        """
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.full_clean()
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a staff user with all permissions, for Django's `createsuperuser`."""
        with transaction.atomic():
            user = self.create_user(email, password, is_staff=True, is_superuser=True, **fields)
            record(AuditAction.USER_CREATED, subject=user, is_staff=True, is_superuser=True)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the user with the email `username`, ignoring case.

        PostgreSQL lowers both sides, so it uses the unique index on `lower(email)`, and Python's
        rules for lower case do not matter.

        Raises:
            User.DoesNotExist: no user has that email.
        """
        return self.alias(email_lower=Lower("email")).get(email_lower=Lower(Value(username)))


MAX_TOKEN = 64  # characters; ours have 43


def token_digest(plaintext: str) -> str:
    """Return the SHA-256 of a token as 64 hexadecimal digits, which the database stores.

    A token has 256 random bits, so a salt or a slow hash would not make it safer.
    """
    return hashlib.sha256(plaintext.encode("utf-8", "surrogatepass")).hexdigest()


class ApiTokenManager(models.Manager["ApiToken"]):
    def issue(self, *, user: "User", organization: TokenOrganization) -> tuple["ApiToken", str]:
        """Create a token of `user` for `organization`, and delete the user's expired tokens.

        Returns:
            The saved token and its plaintext, which is not stored.
        """
        self.filter(user=user, expiry__lte=timezone.now()).delete()
        plaintext = secrets.token_urlsafe(32)
        token = self.create(
            user=user,
            organization_id=organization.pk,
            membership=user.memberships.filter(organization_id=organization.pk).order_by().first(),
            digest=token_digest(plaintext),
            expiry=timezone.now() + timedelta(hours=settings.API_TOKEN_LIFETIME_HOURS),
        )
        return token, plaintext
