"""Secrets that the database stores encrypted, because they are needed as text again.

The keys are made from SECRET_KEY; what an older key of SECRET_KEY_FALLBACKS encrypted can still be
read.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac


class SecretUnreadable(Exception):
    """No present key has encrypted the secret."""


@dataclass(frozen=True, slots=True)
class Seal:
    """Encrypts for one purpose: the seal of another purpose cannot read it.

    Attributes:
        purpose: part of the keys. Another text makes all that is stored unreadable.
    """

    purpose: str

    def encrypt(self, secret: str) -> str:
        return self._fernet().encrypt(secret.encode()).decode()

    def encrypt_again(self, encrypted: str) -> str:
        """Encrypt with the present SECRET_KEY, so that an older one is no longer needed.

        Raises:
            SecretUnreadable.
        """
        try:
            return self._fernet().rotate(encrypted).decode()
        except InvalidToken as error:
            raise SecretUnreadable from error

    def decrypt(self, encrypted: str) -> str:
        """Return the secret.

        Raises:
            SecretUnreadable.
        """
        try:
            return self._fernet().decrypt(encrypted).decode()
        except InvalidToken as error:
            raise SecretUnreadable from error

    def can_read(self, encrypted: str) -> bool:
        try:
            self.decrypt(encrypted)
        except SecretUnreadable:
            return False
        return True

    def is_current(self, encrypted: str) -> bool:
        """Return whether the present SECRET_KEY encrypted it."""
        try:
            self._with(settings.SECRET_KEY).decrypt(encrypted)
        except InvalidToken:
            return False
        return True

    def _fernet(self) -> MultiFernet:
        keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        return MultiFernet([self._with(key) for key in keys])

    def _with(self, key: str) -> Fernet:
        digest = salted_hmac(self.purpose, "", secret=key, algorithm="sha256").digest()
        return Fernet(urlsafe_b64encode(digest))
