"""How users and tokens are made and found."""

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.base_user import BaseUserManager
from django.db import models, transaction
from django.db.models import Value
from django.db.models.functions import Lower
from django.utils import timezone

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record

if TYPE_CHECKING:
    from shared_apps.organizations.models import Organization

    from .models import ApiToken, User


class UserManager(BaseUserManager["User"]):
    """Users, found by their email without regard to case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Make and save a user.

        Raises:
            ValidationError: naming the fields that are wrong, a taken email among them.
        """
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.full_clean()
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Make a member of staff who may do everything in the admin (`createsuperuser`)."""
        with transaction.atomic():
            user = self.create_user(email, password, is_staff=True, is_superuser=True, **fields)
            record(AuditAction.USER_CREATED, subject=user, is_staff=True, is_superuser=True)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the user with the email `username`, in any case of letters.

        PostgreSQL lowers both sides, so that the unique index on `lower(email)` is used and
        Python's idea of lower case never matters.

        Raises:
            User.DoesNotExist: when no user has that email.
        """
        return self.alias(email_lower=Lower("email")).get(email_lower=Lower(Value(username)))


MAX_TOKEN = 64  # characters; none of ours was ever longer


def token_digest(plaintext: str) -> str:
    """Return what the database keeps of a token: the SHA-256 of it, as 64 hexadecimal digits.

    A token is 256 random bits, so neither salt nor a slow hash would add anything.
    """
    return hashlib.sha256(plaintext.encode("utf-8", "surrogatepass")).hexdigest()


class ApiTokenManager(models.Manager["ApiToken"]):
    """Tokens; the plaintext exists only in the answer that hands it out."""

    def issue(self, *, user: "User", organization: "Organization") -> tuple["ApiToken", str]:
        """Make a token that works as `user` in `organization` until it expires.

        The user's expired ones go.

        Returns:
            The saved token and its plaintext, which cannot be had again.
        """
        self.filter(user=user, expiry__lte=timezone.now()).delete()
        plaintext = secrets.token_urlsafe(32)
        token = self.create(
            user=user,
            organization=organization,
            membership=user.memberships.filter(organization=organization).order_by().first(),
            digest=token_digest(plaintext),
            expiry=timezone.now() + timedelta(hours=settings.API_TOKEN_LIFETIME_HOURS),
        )
        return token, plaintext
