"""Which addresses get mail, and how they are encoded."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_apps.core.addresses import address_spellings, mail_address, storable_address
from shared_apps.core.errors import DomainError


@pytest.mark.parametrize(
    ("given", "encoded"),
    [
        ("ada@example.com", "ada@example.com"),
        ("Ada.Lovelace+notes@EXAMPLE.com", "Ada.Lovelace+notes@example.com"),
        ("o'neil@example.com", "o'neil@example.com"),
        ("ada@localhost", "ada@localhost"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
        ("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
        # IDNA 2003 would send it to strasse.example.
        ("ada@straße.example", "ada@xn--strae-oqa.example"),
        ("ada@例え.テスト", "ada@xn--r8jz45g.xn--zckzah"),
        ("ada@example。com", "ada@example.com"),
    ],
)
def test_a_domain_is_encoded(given: str, encoded: str) -> None:
    assert mail_address(given) == encoded


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Ada@Example.COM", "Ada@Example.COM"),
        ("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
        ("Ada@Bücher.example", "Ada@bücher.example"),
        ("ada@bu\u0308cher.example", "ada@bücher.example"),
        ("ada@\uff45xample.com", "ada@example.com"),  # Full width.
        ("ada@mail。example.com", "ada@mail.example.com"),
        ("ada@gma\u0130l.com", "ada@gmai\u0307l.com"),  # PostgreSQL lowers it to gmail.com.
    ],
)
def test_an_address_is_stored_in_a_spelling_that_is_found(typed: str, stored: str) -> None:
    assert storable_address(typed) == stored
    assert stored.lower() in address_spellings(typed)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "@",
        "ada",
        "ada@",
        "@example.com",
        "ada@example.com\n",
        "ada@example.com\r\nBcc: eve@example.com",
        "ada\n@example.com",
        "ada\0@example.com",
        "ada @example.com",
        "ada@example.com, eve@example.com",
        "ada@example.com;eve@example.com",
        "Ada <ada@example.com>",
        "<ada@example.com>",
        "ada@example.com@evil.example",
        "ada@evil.example@example.com",
        '"ada@evil.example"@example.com',
        '"ada"@example.com',
        "ada@@example.com",
        "ada\uff20evil.example@example.com",  # Full width.
        "ada@evil\uff20example.com",
        "ada(comment)@example.com",
        ".ada@example.com",
        "ada.@example.com",
        "a..da@example.com",
        "ädä@example.com",
        "\u017fam@example.com",  # Django's validator accepts this s in another case.
        "ada@example",
        "ada@example.com.",
        "ada@.example.com",
        "ada@exam ple.com",
        "ada@exam_ple.com",
        "ada@-example.com",
        "ada@127.0.0.1",
        "ada@[127.0.0.1]",
        "ada@💩.example",
        "ada@" + "a" * 64 + ".example",
        "a" * 65 + "@example.com",
        "ada@" + "a." * 130 + "com",
        "ada@" + "ü" * 4000,
    ],
)
def test_an_address_that_could_reach_others_or_none_is_rejected(address: str) -> None:
    with pytest.raises(DomainError) as raised:
        mail_address(address)

    assert raised.value.code == "invalid_address"
    assert raised.value.detail.startswith("We cannot send mail to")
    assert "\n" not in raised.value.detail


@given(st.text() | st.tuples(st.text(), st.text()).map("@".join))
def test_any_text_is_encoded_or_rejected(text: str) -> None:
    with suppress(DomainError):
        encoded = mail_address(text)
        assert encoded.isascii()
        assert encoded.count("@") == 1
        assert not set(encoded) & set(' \r\n\0,;<>"()[]')
        assert mail_address(encoded) == encoded
        assert storable_address(text).lower() in address_spellings(text)
