"""Managers of users and API tokens."""

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
from shared_apps.core.addresses import address_spellings

from .token_form import new_plaintext, prefix_of, token_digest

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

    def with_address(self, address: str) -> "models.QuerySet[User]":
        """Return the users who get mail that is sent to the address, in any spelling.

        Raises:
            DomainError: 400 `invalid_address`.
        """
        spellings = address_spellings(address)
        return self.alias(email_lower=Lower("email")).filter(email_lower__in=spellings)


class ApiTokenManager(models.Manager["ApiToken"]):
    def live(self) -> "models.QuerySet[ApiToken]":
        """Return tokens and keys that have not expired."""
        return self.filter(models.Q(expiry=None) | models.Q(expiry__gt=timezone.now()))

    def issue(
        self, *, user: "User", organization: TokenOrganization, **fields: Any
    ) -> tuple["ApiToken", str]:
        """Create a token of `user` for `organization`, and delete the user's expired tokens.

        Args:
            fields: those of a token made by hand; by default the token is one of a sign-in.

        Returns:
            The saved token and its plaintext, which is not stored.
        """
        now = timezone.now()
        self.filter(user=user, expiry__lte=now).delete()
        of_sign_in = {
            "name": "Sign-in",
            "expiry": now + timedelta(hours=settings.API_TOKEN_LIFETIME_HOURS),
            "last_used_on": now.date(),
        }
        membership = user.memberships.filter(organization_id=organization.pk).order_by().first()
        return self.make(
            organization=organization, user=user, membership=membership, **(fields or of_sign_in)
        )

    def make(self, *, organization: TokenOrganization, **fields: Any) -> tuple["ApiToken", str]:
        """Create a token or a key, and return it with its plaintext, which is not stored."""
        plaintext = new_plaintext(organization.schema_name)
        token = self.create(
            organization_id=organization.pk,
            digest=token_digest(plaintext),
            prefix=prefix_of(plaintext),
            **fields,
        )
        return token, plaintext
