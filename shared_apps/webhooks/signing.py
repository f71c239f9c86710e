"""Secrets and signatures, as in https://www.standardwebhooks.com.

A secret must be readable to sign, so it is stored encrypted, not hashed.
"""

import hmac
import secrets
from base64 import b64decode, b64encode
from datetime import datetime
from uuid import UUID

from shared_apps.core.sealing import Seal

PREFIX = "whsec_"
_BYTES = 32

SEAL = Seal("shared_apps.webhooks.signing")


def new_secret() -> str:
    return PREFIX + b64encode(secrets.token_bytes(_BYTES)).decode()


def message_name(message_id: UUID) -> str:
    return f"msg_{message_id.hex}"


def signed_headers(
    *, message_id: UUID, body: bytes, at: datetime, live_secrets: list[str]
) -> dict[str, str]:
    """Return the headers of a message, with a signature by each secret."""
    name, timestamp = message_name(message_id), str(int(at.timestamp()))
    signed = b"%b.%b.%b" % (name.encode(), timestamp.encode(), body)
    return {
        "webhook-id": name,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_signature(secret, signed) for secret in live_secrets),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = b64decode(secret.removeprefix(PREFIX))
    return f"v1,{b64encode(hmac.digest(key, signed, 'sha256')).decode()}"
