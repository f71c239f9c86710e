"""The command remove_second_factor."""

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from shared_apps.audit.models import AuditEntry
from shared_apps.users.models import User

from .conftest import sign_in


def test_lets_a_user_in_who_has_lost_phone_and_codes(
    recovery_codes: list[str], bob: User, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("remove_second_factor", bob.email.upper())

    assert bob.email in capsys.readouterr().out
    assert sign_in(Client(), bob)["Location"] == "/"
    assert AuditEntry.objects.filter(action="second_factor.removed", subject=bob.email).exists()


def test_without_a_second_factor_it_is_an_error(bob: User) -> None:
    with pytest.raises(CommandError, match="has no second factor"):
        call_command("remove_second_factor", bob.email)
