"""Email addresses, in the form that every mail server accepts."""

import re
from http import HTTPStatus

import idna

from .errors import DomainError

# RFC 5321, 4.5.3.1
_MAX_LOCAL_PART = 64
_MAX_ADDRESS = 254

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL_PART = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
# The last label has a letter, else the domain is an IP address.
_DOMAIN = re.compile(r"localhost|(?:[a-z0-9-]+\.)+(?=[a-z0-9-]*[a-z])[a-z0-9-]+")


def mail_address(address: str) -> str:
    """Return an address with its domain in ASCII (IDNA 2008): `ada@xn--bcher-kva.example`.

    The part before the @ must be ASCII without quotes. Few servers accept any other one, and some
    read `"a@b"@c.example` as an address at another domain.

    Raises:
        DomainError: 400 `invalid_address`.
    """
    local_part, _, domain = address.partition("@")
    try:
        domain = idna.encode(domain, uts46=True, std3_rules=True).decode()
    except idna.IDNAError:
        domain = ""
    encoded = f"{local_part}@{domain}"
    if (
        len(local_part) > _MAX_LOCAL_PART
        or len(encoded) > _MAX_ADDRESS
        or not _LOCAL_PART.fullmatch(local_part)
        or not _DOMAIN.fullmatch(domain)
    ):
        detail = f"We cannot send mail to {address[:_MAX_ADDRESS]!r}. Check the address."
        raise DomainError("invalid_address", detail, HTTPStatus.BAD_REQUEST)
    return encoded


def storable_address(address: str) -> str:
    """Return an address as it is stored: as it was typed, or with its domain as IDNA decodes it.

    Typed text outside of ASCII can be a spelling that `address_spellings` does not have, such as
    full-width letters. Nothing would find what is stored with it.

    Raises:
        DomainError: 400 `invalid_address`.
    """
    readable = readable_address(address)
    return address if address.isascii() else readable


def readable_address(address: str) -> str:
    """Return an address with its domain as IDNA decodes it: `ada@bücher.example`.

    Raises:
        DomainError: 400 `invalid_address`.
    """
    local_part, _, domain = mail_address(address).partition("@")
    return f"{local_part}@{idna.decode(domain)}"


def address_key(address: str) -> str:
    """Return the same text for all spellings of an address: in lower case, its domain in ASCII.

    Different addresses never have the same key, so it may decide who owns an address. The folding
    of the sign-in's throttles may not: it also drops accents.

    Raises:
        DomainError: 400 `invalid_address`.
    """
    return mail_address(address).lower()


def address_spellings(address: str) -> set[str]:
    """Return the spellings of an address in lower case with which an account can be stored.

    Raises:
        DomainError: 400 `invalid_address`.
    """
    key = address_key(address)
    return {key, readable_address(key)}
