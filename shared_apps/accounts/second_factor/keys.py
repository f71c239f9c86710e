"""The encrypted keys of authenticator apps and recovery codes."""

from contextlib import suppress

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction

from shared_apps.core.sealing import SecretUnreadable

from .adapter import SEAL

_NAMES = {Authenticator.Type.TOTP: "secret", Authenticator.Type.RECOVERY_CODES: "seed"}


def keys_encrypt_again() -> int:
    """Encrypt all keys with the present SECRET_KEY, so that SECRET_KEY_FALLBACKS can go.

    Returns:
        How many were encrypted. One that no key can read stays as it is.
    """
    if not settings.SECRET_KEY_FALLBACKS:
        return 0
    found = Authenticator.objects.filter(type__in=_NAMES).values_list("pk", flat=True)
    return sum(_encrypt_again(pk) for pk in found.iterator())


@transaction.atomic
def _encrypt_again(pk: int) -> bool:
    # A sign-in writes the same column.
    authenticator = Authenticator.objects.select_for_update().filter(pk=pk).first()
    if authenticator is None:
        return False
    data, name = authenticator.data, _NAMES[authenticator.type]
    # Another text ends the trust of browsers, so only what needs it is changed.
    if SEAL.is_current(data[name]):
        return False
    with suppress(SecretUnreadable):
        data[name] = SEAL.encrypt_again(data[name])
        authenticator.save(update_fields=["data"])
        return True
    return False
