"""Sign-ups and changes of an address that wait for the link in a mail, and known programs.

All are in `public`. A link contains a random token; the tables contain only its digest.
"""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone

from shared_apps.users.models import MAX_EMAIL, MAX_NAME, User
from shared_apps.users.token_form import token_digest

LINK_LIFETIME = timedelta(hours=24)
UNDO_LIFETIME = timedelta(days=7)

_DIGEST = 64  # characters


class PendingSignUpManager(models.Manager["PendingSignUp"]):
    def of_token(self, token: str) -> "PendingSignUp | None":
        """Return the sign-up of a link that still works."""
        return self.filter(digest=token_digest(token), expires_at__gt=timezone.now()).first()


class PendingSignUp(models.Model):
    """A sign-up by form. Its user is created when the link in the mail is confirmed.

    Attributes:
        email_key: the same for all spellings of the address.
        password: the hash.
        digest: of the link's token; NULL until a worker sends the link.
    """

    email_key = models.CharField(max_length=MAX_EMAIL, db_index=True)
    email = models.EmailField(max_length=MAX_EMAIL)
    name = models.CharField(max_length=MAX_NAME)
    password = models.CharField(max_length=128)
    digest = models.CharField(max_length=_DIGEST, null=True, unique=True)  # noqa: DJ001 (unique)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)

    objects: ClassVar[PendingSignUpManager] = PendingSignUpManager()

    def __str__(self) -> str:
        return self.email


class EmailChangeManager(models.Manager["EmailChange"]):
    def of_token(self, token: str) -> "EmailChange | None":
        """Return the change that waits for this link."""
        waiting = self.filter(confirmed_at=None, expires_at__gt=timezone.now())
        return waiting.filter(confirm_digest=token_digest(token)).first()

    def of_undo_token(self, token: str) -> "EmailChange | None":
        """Return the change that this link still undoes."""
        done = self.exclude(confirmed_at=None).filter(expires_at__gt=timezone.now())
        return done.filter(undo_digest=token_digest(token)).first()


class EmailChange(models.Model):
    """A change of a user's address.

    It waits for the link that was sent to the new address, then for the link that was sent to the
    old one, which undoes it.

    Attributes:
        expires_at: of the link that it waits for.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="email_changes")
    new_email = models.EmailField(max_length=MAX_EMAIL)
    old_email = models.EmailField(max_length=MAX_EMAIL)
    confirm_digest = models.CharField(max_length=_DIGEST, unique=True)
    undo_digest = models.CharField(  # noqa: DJ001 (unique)
        max_length=_DIGEST, null=True, unique=True
    )
    created_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(db_index=True)

    objects: ClassVar[EmailChangeManager] = EmailChangeManager()

    def __str__(self) -> str:
        return f"{self.old_email} to {self.new_email}"


class KnownProgram(models.Model):
    """A program in a network that has signed in with the password of a user, by API.

    Attributes:
        digest: of the name of the program and of its network.
    """

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, db_index=False, related_name="known_programs"
    )
    digest = models.CharField(max_length=_DIGEST)
    last_used_on = models.DateField(db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("user", "digest"), name="tenantry_accounts_knownprogram_unique"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user}, {self.digest[:8]}"
