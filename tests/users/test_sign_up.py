"""SIGN_UP: who may create an account."""

import pytest
from pytest_django import Settings

from shared_apps.core.errors import DomainError
from shared_apps.users.sign_up import may_sign_up, require_sign_up


@pytest.mark.parametrize(
    ("setting", "uninvited", "invited"),
    [("open", True, True), ("invited", False, True), ("closed", False, False)],
)
def test_the_setting_decides(
    settings: Settings, setting: str, uninvited: bool, invited: bool
) -> None:
    settings.SIGN_UP = setting

    assert (may_sign_up(invited=False), may_sign_up(invited=True)) == (uninvited, invited)


@pytest.mark.parametrize(
    ("setting", "advice"),
    [("invited", "Ask an organization to invite you"), ("closed", "Ask the people who run")],
)
def test_the_error_says_whom_to_ask(settings: Settings, setting: str, advice: str) -> None:
    settings.SIGN_UP = setting

    with pytest.raises(DomainError, match=advice) as raised:
        require_sign_up(invited=False)

    assert (raised.value.status, raised.value.code) == (403, "sign_up_closed")
