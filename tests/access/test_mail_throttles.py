"""Mails that anyone can have sent are limited for the recipient and for the caller."""

import pytest

from shared_apps.access.throttles import mail_throttles
from shared_apps.core.errors import DomainError
from shared_apps.core.throttles import count


def ask(to: str, address: str | None) -> None:
    count(*mail_throttles(to=to, address=address))


def test_a_recipient_gets_few_mails_whoever_asks(limits: dict[str, int]) -> None:
    limits["mail_account"] = 2
    ask("ada@example.com", "192.0.2.1")
    ask("ADA@example.com", "192.0.2.2")

    with pytest.raises(DomainError) as raised:
        ask("ada@example.com", None)

    assert (raised.value.code, raised.value.status) == ("throttled", 429)
    ask("bob@example.com", "192.0.2.1")


def test_a_network_has_few_mails_sent_to_anyone(limits: dict[str, int]) -> None:
    limits["mail_address"] = 1
    ask("ada@example.com", "2001:db8:1:2::1")

    with pytest.raises(DomainError, match="Too many requests"):
        ask("bob@example.com", "2001:db8:1:2:ffff::1")

    ask("bob@example.com", "2001:db8:1:3::1")


@pytest.mark.parametrize(
    "spelling",
    ["Ada@B\u00fccher.example", "ada@BU\u0308CHER.example", "ada@b\u00fccher\u3002example"],
    ids=["in Unicode", "with a combining mark", "with an ideographic full stop"],
)
def test_all_spellings_of_a_domain_share_a_counter(limits: dict[str, int], spelling: str) -> None:
    limits["mail_account"] = 1
    ask("ada@xn--bcher-kva.example", None)

    with pytest.raises(DomainError, match="Too many requests"):
        ask(spelling, None)


@pytest.mark.parametrize("broken", ["ada@xn--.example", "ada@xn--a-\u00fc.example", "@", "xn--"])
def test_an_address_that_mail_cannot_reach_has_a_counter(
    limits: dict[str, int], broken: str
) -> None:
    limits["mail_account"] = 1
    ask(broken, None)

    with pytest.raises(DomainError, match="Too many requests"):
        ask(broken, None)
