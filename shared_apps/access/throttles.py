"""Counters for callers, organizations, and the account and address of a sign-in or a mail."""

import unicodedata
from contextlib import suppress
from hashlib import sha256
from ipaddress import ip_address, ip_network

from shared_apps.core.addresses import readable_address
from shared_apps.core.errors import DomainError
from shared_apps.core.throttles import Throttle, count, count_more
from shared_apps.organizations.models import Organization
from shared_apps.users.models import MAX_EMAIL

from .principal import Principal

# Internet providers usually give each customer an IPv6 /64 or larger (RFC 6177).
_PREFIX_OF_ONE_CALLER = 64

_SLOW = 0.5  # seconds
_REQUESTS_A_SECOND = 200
"""A slow request blocks a worker, so each second counts as this many requests."""


def count_request(principal: Principal) -> None:
    """Count a request for its user or key, and for the organization if they are a member.

    A caller without a membership cannot use up an organization's limit.

    Raises:
        DomainError: 429 `throttled`.
    """
    throttles = [Throttle("user", principal.name)]
    if principal.organization is not None and principal.is_usable():
        throttles.append(Throttle("organization", principal.organization.pk))
    count(*throttles)


def count_slow_request(organization: Organization, seconds: float) -> None:
    """Count a slow request as many requests of its organization.

    The user's own counter does not change: a heavy report must not block the user's next requests.
    """
    if seconds >= _SLOW:
        more = int(seconds * _REQUESTS_A_SECOND)
        count_more(more, Throttle("organization", organization.pk))


def sign_in_throttles(*, email: str, address: str | None) -> list[Throttle]:
    """Return the counters of a sign-in; an unknown account has one, too.

    Args:
        address: None if unknown; all unknown addresses share a counter.
    """
    return [
        Throttle("sign_in_account", _digest_of(email)),
        Throttle("sign_in_address", network_of(address)),
    ]


def mail_throttles(*, to: str, address: str | None) -> list[Throttle]:
    """Return the counters of a mail that anyone can have sent.

    Args:
        to: the recipient, with an account or without.
        address: the caller's; None if unknown.
    """
    return [
        recipient_throttle(to),
        Throttle("mail_address", network_of(address)),
    ]


def recipient_throttle(to: str) -> Throttle:
    """Return the counter of mails to an address, with an account or without."""
    return Throttle("mail_account", _digest_of(to))


def _digest_of(email: str) -> str:
    """Return the same text for all emails that find one account, or that reach one mailbox."""
    # Normalization takes quadratic time in combining marks, so long input is cut.
    folded = _folded(email[:MAX_EMAIL])
    with suppress(DomainError):  # Mail cannot reach it.
        folded = _folded(readable_address(folded))
    return sha256(folded.encode("utf-8", "surrogatepass")).hexdigest()


def _folded(email: str) -> str:
    """Return the same text for all emails that PostgreSQL's `lower` makes equal.

    PostgreSQL's `lower` makes \N{LATIN CAPITAL LETTER I WITH DOT ABOVE} an i; Python adds a dot.
    """
    folded = unicodedata.normalize("NFKD", email.strip().casefold())
    return "".join(letter for letter in folded if not unicodedata.combining(letter))


def network_of(address: str | None) -> str:
    """Return an address, or the IPv6 network of one caller."""
    if address is None:
        return "unknown"
    ip = ip_address(address)
    if ip.version == 4:  # noqa: PLR2004 (the name of a protocol)
        return address
    if ip.ipv4_mapped:
        return str(ip.ipv4_mapped)
    return str(ip_network((int(ip), _PREFIX_OF_ONE_CALLER), strict=False))
