"""Which addresses webhooks may reach."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from shared_apps.webhooks.addresses import is_allowed

PUBLIC = ("1.1.1.1", "93.184.215.14", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00::1")
NOT_PUBLIC = {
    "this host": ("0.0.0.0", "0.1.2.3", "::"),
    "loopback": ("127.0.0.1", "127.255.255.254", "::1"),
    "private": ("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12::1"),
    "link-local": ("169.254.1.1", "fe80::1", "febf::1"),
    "site-local": ("fec0::1",),
    "carrier-grade NAT": ("100.64.0.1", "100.127.255.255"),
    "metadata": (
        "169.254.169.254",
        "169.254.170.2",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd20:ce::254",
    ),
    "multicast": ("224.0.0.1", "239.255.255.250", "ff02::1", "ff0e::1"),
    "reserved": ("240.0.0.1", "255.255.255.255", "192.0.0.1", "198.18.0.1", "100::1", "5f00::1"),
    "documentation": ("192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"),
    "IPv4-mapped": ("::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1"),
    "IPv4-compatible": ("::127.0.0.1", "::8.8.8.8"),
    "NAT64": ("64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::7f00:1"),
    "6to4": ("2002:7f00:1::1", "2002:808:808::1", "192.88.99.1"),
    "Teredo": ("2001::1", "2001:0:808:808::1"),
}


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_can_be_reached(address: str) -> None:
    assert is_allowed(ip_address(address))


@pytest.mark.parametrize(
    ("kind", "address"),
    [(kind, address) for kind, addresses in NOT_PUBLIC.items() for address in addresses],
)
def test_no_other_address_can_be_reached(kind: str, address: str) -> None:
    assert not is_allowed(ip_address(address))


@given(st.ip_addresses())
def test_what_python_lists_as_not_global_cannot_be_reached(address: object) -> None:
    found = ip_address(str(address))

    assert found.is_global or not is_allowed(found)


def test_named_networks_can_be_reached(settings: Settings) -> None:
    settings.WEBHOOKS_ALLOWED_NETWORKS = [ip_network("10.1.0.0/16"), ip_network("fd12::/64")]

    allowed = ["10.1.2.3", "fd12::9", "1.1.1.1"]
    denied = ["10.2.0.1", "127.0.0.1", "fd13::1", "::ffff:10.1.2.3", "64:ff9b::a01:203"]
    assert [each for each in allowed + denied if is_allowed(ip_address(each))] == allowed
