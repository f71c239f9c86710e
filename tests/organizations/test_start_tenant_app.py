"""start_tenant_app rejects unusable names. `tests/test_extending.py` runs a created app."""

import pytest
from django.core.management import CommandError, call_command


@pytest.mark.parametrize(
    ("name", "options", "reason"),
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
        ("ledgers", {"model": "my account"}, "'my account' cannot name a model"),
        ("tallies", {"model": "None"}, "'None' cannot name a model"),
    ],
)
def test_an_unusable_name_is_a_one_line_error(
    name: str, options: dict[str, str], reason: str
) -> None:
    with pytest.raises(CommandError, match=reason) as error:
        call_command("start_tenant_app", name, **options)

    assert "\n" not in str(error.value)
