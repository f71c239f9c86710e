"""What `allauth.mfa` asks the project: encryption, and our words."""

from typing import ClassVar

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator

from shared_apps.core.sealing import Seal
from shared_apps.users.models import User

SEAL = Seal("shared_apps.accounts.second_factor")
SITE = "Tenantry"


class SecondFactorAdapter(DefaultMFAAdapter):
    error_messages: ClassVar[dict[str, str]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "This code is wrong or was used already. Wait for the next one.",
        "incorrect_passkey": "This passkey was not accepted. Try again, or use a code.",
        "too_many_passkeys": "You have the maximum number of passkeys. Remove one first.",
        "cannot_generate_recovery_codes": "Add an authenticator app or a passkey first.",
        "unverified_email": "Verify your email address first.",
    }

    def encrypt(self, text: str) -> str:
        return SEAL.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return SEAL.decrypt(encrypted_text)

    def generate_authenticator_name(self, user: User, kind: Authenticator.Type) -> str:
        number = Authenticator.objects.filter(user_id=user.pk, type=kind).count() + 1
        return "Passkey" if number == 1 else f"Passkey {number}"

    def _get_site_name(self) -> str:
        """Return the name that apps and browsers show; allauth's is the host."""
        return SITE


def display_name(user: User) -> str:
    """Return the name of the setting ACCOUNT_USER_DISPLAY, which passkeys show."""
    return user.name or user.email
