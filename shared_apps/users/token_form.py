"""How a token looks: `tnt_`, a hint of the organization, 256 random bits, a checksum.

Scanners for secrets find it by `tnt_` and the checksum, as they do for GitHub's tokens
(https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats).
The hint is for routing, and nothing trusts it.
"""

import secrets
import string
from base64 import b32encode
from hashlib import sha256
from zlib import crc32

PREFIX = "tnt_"
MAX_TOKEN = 64
"""Characters; ours have 61, and those of 0.4.0 and older 43."""

_ALPHABET = string.digits + string.ascii_letters
_HINT, _SECRET, _CHECKSUM = 8, 43, 6  # characters; 43 of 62 letters have 256 bits
_SHOWN = 4  # characters of the secret in `prefix_of`, 24 bits of 256


def new_plaintext(schema_name: str) -> str:
    """Return a new token of an organization."""
    hint = b32encode(sha256(schema_name.encode()).digest()[:5]).decode().lower()
    secret = "".join(secrets.choice(_ALPHABET) for _ in range(_SECRET))
    return f"{PREFIX}{hint}{secret}{_checksum(hint + secret)}"


def new_link_token() -> tuple[str, str]:
    """Return the token of a link in a mail, and its digest."""
    token = secrets.token_urlsafe(32)
    return token, token_digest(token)


def prefix_of(plaintext: str) -> str:
    """Return the first letters, by which people recognize a token."""
    return plaintext[: len(PREFIX) + _HINT + _SHOWN]


def is_possible(plaintext: str) -> bool:
    """Return whether this can be a token: one with a wrong checksum needs no query."""
    if not plaintext.startswith(PREFIX):
        return len(plaintext) <= MAX_TOKEN  # Of 0.4.0 or older.
    body = plaintext.removeprefix(PREFIX)
    return (
        len(body) == _HINT + _SECRET + _CHECKSUM
        and body.isascii()
        and _checksum(body[:-_CHECKSUM]) == body[-_CHECKSUM:]
    )


def _checksum(body: str) -> str:
    number, letters = crc32(body.encode()), ""
    for _ in range(_CHECKSUM):
        number, digit = divmod(number, len(_ALPHABET))
        letters = _ALPHABET[digit] + letters
    return letters


def token_digest(plaintext: str) -> str:
    """Return the SHA-256 of a token as 64 hexadecimal digits, which the database stores.

    A token has 256 random bits, so a salt or a slow hash would not make it safer.
    """
    return sha256(plaintext.encode("utf-8", "surrogatepass")).hexdigest()
