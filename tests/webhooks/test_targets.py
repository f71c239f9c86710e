"""Which URLs can be registered."""

import socket
from threading import Event
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from pytest_django import Settings

from shared_apps.webhooks.targets import checked_url

from .resolver import Resolver


@pytest.fixture(autouse=True)
def _names(resolver: Resolver) -> None:
    resolver.names = {
        "example.com": ["93.184.215.14", "2606:4700::1111"],
        "xn--bcher-kva.example": ["93.184.215.14"],
        "inside.example": ["10.0.0.7"],
        "mixed.example": ["93.184.215.14", "127.0.0.1"],
        "mapped.example": ["::ffff:127.0.0.1"],
        "localhost": ["127.0.0.1", "::1"],
        "scoped.example": ["fe80::1%eth0"],
    }


def error_of(url: str) -> str:
    with pytest.raises(ValidationError) as raised:
        checked_url(url)
    (text,) = raised.value.message_dict["url"]
    return text


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("https://example.com/hooks", "https://example.com/hooks"),
        ("HTTPS://EXAMPLE.com", "https://example.com"),
        ("https://example.com:443/", "https://example.com/"),
        ("https://example.com:8443/a?b=c&d=%20", "https://example.com:8443/a?b=c&d=%20"),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"),
        ("https://93.184.215.14/", "https://93.184.215.14/"),
        ("https://[2606:4700::1111]:8443/", "https://[2606:4700::1111]:8443/"),
    ],
)
def test_a_public_https_url_can_be_registered(given: str, stored: str) -> None:
    assert checked_url(given) == stored


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "javascript:alert(1)",
        "//example.com/",
        "example.com/hooks",
        "https:///hooks",
        "https://",
        "",
    ],
)
def test_only_https_is_accepted(url: str) -> None:
    assert error_of(url) == "Use a URL that begins with https://."


def test_http_is_accepted_in_development(settings: Settings) -> None:
    settings.DEBUG = True

    assert checked_url("http://example.com/") == "http://example.com/"
    assert "https://" in error_of("ftp://example.com/")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.0.0.7",
        "169.254.169.254",
        "[::1]",
        "[::ffff:a00:7]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "localhost",
        "LOCALHOST",
        "inside.example",
        "mixed.example",
        "mapped.example",
        "scoped.example",
    ],
)
def test_a_host_that_is_not_public_is_rejected(host: str) -> None:
    assert "not public" in error_of(f"https://{host}/")


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "127.1",
        "127.0.1",
        "0177.0.0.1",
        "127.0.0.1.",
        "example.0x1",
        "[::ffff:127.0.0.1]",
        "[fe80::1%25eth0]",
        "[fe80::1%eth0]",
    ],
)
def test_an_address_in_another_notation_is_rejected(host: str) -> None:
    error = error_of(f"https://{host}/")

    assert "Use a host name" in error or "not a URL" in error or "not public" in error


@pytest.mark.parametrize(
    ("host", "message"),
    [("missing.example", "was not found"), (f"{'a' * 64}.example", "was not found")],
)
def test_a_host_without_an_address_is_rejected(host: str, message: str) -> None:
    assert message in error_of(f"https://{host}/")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://user@example.com/", "Remove the user name"),
        ("https://user:secret@example.com/", "Remove the user name"),
        ("https://example.com@127.0.0.1/", "Remove the user name"),
        ("https://example.com/#part", "Remove the part after #"),
        ("https://example.com:22/", "Use port 443"),
        ("https://example.com:0/", "Use port 443"),
        ("https://example.com:65536/", "Use port 443"),
        ("https://example.com:x/", "not a URL"),
        ("https://exa mple.com/", "Remove blanks"),
        ("https://example.com/\r\nHost: inside.example", "Remove blanks"),
        ("https://example.com\\@inside.example/", "Remove blanks"),
        ("https://example.com/\u2028", "Remove blanks"),
        (f"https://example.com/{'a' * 2000}", "at most 2,000 characters"),
        (f"https://example.com/{'ü' * 1000}", "at most 2,000 characters"),
        ("https://[::1/", "not a URL"),
    ],
)
def test_a_wrong_part_of_a_url_is_named(url: str, message: str) -> None:
    assert message in error_of(url)


@pytest.mark.parametrize("host", ["１２７.0.0.1", "①②⑦.0.0.1", "127。0。0。1", "ⓔxample.com"])  # noqa: RUF001
def test_characters_that_only_look_like_others_are_not_read_as_them(host: str) -> None:
    assert error_of(f"https://{host}/")


def test_a_name_server_that_does_not_respond_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    never = Event()
    monkeypatch.setattr("shared_apps.webhooks.targets.DNS_TIMEOUT", 0.05)

    def getaddrinfo(*args: Any, **kwargs: Any) -> Any:
        never.wait(timeout=10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    assert "not found" in error_of("https://example.com/")
    never.set()
