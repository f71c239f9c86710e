"""PUBLIC_URL: where links in mails lead, and the error for another value."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from config.mail import public_url
from shared_apps.core.links import absolute


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("https://app.example.com", "https://app.example.com"),
        ("https://app.example.com/", "https://app.example.com"),
        ("https://app.example.com:8443", "https://app.example.com:8443"),
        ("http://10.0.0.7:8000", "http://10.0.0.7:8000"),
        ("http://[2001:db8::1]:8000", "http://[2001:db8::1]:8000"),
    ],
)
def test_it_is_the_address_of_the_service(given: str, read: str) -> None:
    assert public_url(given, needed=True) == read


@pytest.mark.parametrize(
    "given",
    [
        "",
        "app.example.com",
        "ftp://app.example.com",
        "https://",
        "https://app.example.com/tenantry",
        "https://app.example.com?x",
        "https://ada:hush@app.example.com",
        "https://app.example.com\n",
        "https://[app.example.com",
        "https://app.example.com:port",
    ],
)
def test_another_value_is_an_error(given: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"(?s)^PUBLIC_URL=.*: use the address of"):
        public_url(given, needed=True)


def test_without_a_mail_server_it_is_not_needed() -> None:
    assert public_url("", needed=False) == "http://localhost"


def test_links_begin_with_it(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://app.example.com"

    assert absolute("/members/") == "https://app.example.com/members/"
