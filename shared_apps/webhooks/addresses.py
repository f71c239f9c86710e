"""Which addresses webhooks may reach: public ones, and WEBHOOKS_ALLOWED_NETWORKS.

Python's `is_global` differs between releases, and counts NAT64 and 6to4 as global, so the networks
are listed here: https://www.iana.org/assignments/iana-ipv4-special-registry and
https://www.iana.org/assignments/iana-ipv6-special-registry.
"""

import socket
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from queue import Empty, SimpleQueue
from threading import Thread

from django.conf import settings

Address = IPv4Address | IPv6Address

_NOT_PUBLIC = [
    ip_network(network)
    for network in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT; has the metadata of Alibaba Cloud
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's platform, on each of its machines
        "169.254.0.0/16",  # link-local; has the metadata of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocols; has the metadata of Oracle Cloud
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "2001::/23",  # protocols; has Teredo
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which contains an IPv4 address
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
]
# All other IPv6 addresses are not public: ::1, IPv4-mapped, NAT64, unique local, link-local,
# multicast.
_PUBLIC_IPV6 = ip_network("2000::/3")


class HostNotFound(Exception):
    """A host name has no address, or its name server did not respond in time."""


class AddressDenied(Exception):
    """A host name has an address that webhooks may not reach."""


def is_allowed(address: Address) -> bool:
    if any(address in network for network in settings.WEBHOOKS_ALLOWED_NETWORKS):
        return True
    if address.version == 6 and address not in _PUBLIC_IPV6:  # noqa: PLR2004 (of IP)
        return False
    return not any(address in network for network in _NOT_PUBLIC)


def allowed_addresses(host: str, *, timeout: float) -> list[str]:
    """Return the addresses of a host, in the order in which to try them.

    One address that is not allowed denies all: no honest host has both.

    Args:
        host: a name, or an address.
        timeout: seconds.

    Raises:
        AddressDenied, HostNotFound.
    """
    found = _lookup(host, timeout)
    if not all(map(is_allowed, found)):
        raise AddressDenied(host)
    return [str(address) for address in found]


def _lookup(host: str, timeout: float) -> list[Address]:
    with suppress(ValueError):
        return [ip_address(host)]
    results: SimpleQueue[list[str]] = SimpleQueue()
    # getaddrinfo has no timeout. Each call has a thread, so a name server that does not respond
    # delays no other call.
    Thread(target=lambda: results.put(_ask(host)), daemon=True).start()
    with suppress(Empty, ValueError):  # ValueError: an IPv6 address with a scope.
        if found := [ip_address(text) for text in results.get(timeout=max(timeout, 0))]:
            return found
    raise HostNotFound(host)


def _ask(host: str) -> list[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
