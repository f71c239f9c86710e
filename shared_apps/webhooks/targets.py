"""Checks the URL of an endpoint when it is registered."""

import re
from ipaddress import IPv4Address
from typing import NoReturn

import httpx
from django.conf import settings
from django.core.exceptions import ValidationError

from .addresses import AddressDenied, HostNotFound, allowed_addresses
from .models import MAX_URL

DNS_TIMEOUT = 3.0  # seconds that a request waits

_MALFORMED = re.compile(r"[\s\\\x00-\x1f\x7f-\x9f]")
# What other programs read as an IPv4 address: 127.1, 0x7f000001, 2130706433.
_NUMBER_AT_THE_END = re.compile(r"(?:^|\.)(?:0x[0-9a-f]*|[0-9]+)\.?$", re.IGNORECASE)
_FIRST_FREE_PORT = 1024  # Lower ones belong to other protocols, such as SMTP.
_LAST_PORT = 65535


def checked_url(text: str) -> str:
    """Return a URL as it is sent: with punycode, without the default port.

    Raises:
        ValidationError: for `url`.
    """
    url = _parsed(text)
    _check_parts(url)
    host = url.raw_host.decode("ascii")
    if "%" in host or (_NUMBER_AT_THE_END.search(host) and not _is_ipv4(host)):
        _fail("Use a host name, or an address such as 192.0.2.1.")
    try:
        allowed_addresses(host, timeout=DNS_TIMEOUT)
    except HostNotFound:
        _fail("This host name was not found. Check its spelling.")
    except AddressDenied:
        _fail("This host is not public. Use one that can be reached from the internet.")
    return str(url)


def _parsed(text: str) -> httpx.URL:
    if len(text) > MAX_URL:
        _fail(f"Use at most {MAX_URL:,} characters.")
    if _MALFORMED.search(text):
        _fail("Remove blanks, line breaks and backslashes.")
    try:
        # The client that sends the messages also reads the URL with httpx.
        url = httpx.URL(text)
        length = len(str(url))
    except (httpx.InvalidURL, ValueError):  # UnicodeError, too.
        _fail("This is not a URL. Use one like https://example.com/hooks.")
    if length > MAX_URL:
        _fail(f"Use at most {MAX_URL:,} characters, with all others percent-encoded.")
    return url


def _check_parts(url: httpx.URL) -> None:
    allowed = ("https", "http") if settings.DEBUG else ("https",)
    if url.scheme not in allowed or not url.raw_host:
        _fail("Use a URL that begins with https://.")
    if url.userinfo:
        _fail("Remove the user name and the password. Verify the signature instead.")
    if url.fragment:
        _fail("Remove the part after #. It would not be sent.")
    if url.port is not None and not _FIRST_FREE_PORT <= url.port <= _LAST_PORT:
        _fail("Use port 443, or one from 1024 to 65535.")


def _is_ipv4(host: str) -> bool:
    try:
        IPv4Address(host)
    except ValueError:
        return False
    return True


def _fail(text: str) -> NoReturn:
    raise ValidationError({"url": text})
