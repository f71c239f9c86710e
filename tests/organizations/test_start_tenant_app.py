"""start_tenant_app: names that cannot be used. `tests/test_extending.py` uses what it makes."""

import pytest
from django.core.management import CommandError, call_command


@pytest.mark.parametrize(
    ("name", "options", "why"),
    [
        ("Notes", {}, "Use lowercase letters"),
        ("my-notes", {}, "Use lowercase letters"),
        ("class", {}, "Use lowercase letters"),
        ("../notes", {}, "Use lowercase letters"),
        ("items", {}, "The folder tenant_apps/items exists"),
        ("users", {}, "The folder tests/users exists"),
        ("rest_framework", {}, "The folder templates/rest_framework exists"),
        ("sessions", {}, "An installed app has the label sessions"),
        ("me", {}, "The URL /api/me/ exists"),
        ("accounts", {"model": "my account"}, "'my account' cannot name a model"),
        ("tallies", {"model": "None"}, "'None' cannot name a model"),
    ],
)
def test_a_name_that_cannot_be_used_is_an_error_in_one_line(
    name: str, options: dict[str, str], why: str
) -> None:
    with pytest.raises(CommandError, match=why) as error:
        call_command("start_tenant_app", name, **options)

    assert "\n" not in str(error.value)
