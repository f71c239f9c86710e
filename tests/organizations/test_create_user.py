"""create_user creates a user."""

from getpass import GetPassWarning
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.models import Organization
from shared_apps.users.models import User

PASSWORD = "a long password"


def create_user(monkeypatch: pytest.MonkeyPatch, *arguments: str, password: str = PASSWORD) -> str:
    monkeypatch.setattr("sys.stdin", StringIO(f"{password}\nand more\n"))
    output = StringIO()
    call_command("create_user", *arguments, "--password-stdin", stdout=output)
    return output.getvalue()


def test_the_user_can_sign_in(monkeypatch: pytest.MonkeyPatch, api_client: Any, db: None) -> None:
    output = create_user(
        monkeypatch, "ada@acme.example", "--name=Ada", "--organization=acme", "--role=admin"
    )

    body = api_client.post(
        "/api/auth/token/", {"email": "ada@acme.example", "password": PASSWORD}
    ).json()
    assert body["user"]["name"] == "Ada"
    assert (body["organization"]["schema_name"], body["organization"]["role"]) == ("acme", "admin")
    assert "ada@acme.example" in output
    assert PASSWORD not in output


def test_the_default_role_is_member(monkeypatch: pytest.MonkeyPatch, acme: Organization) -> None:
    create_user(monkeypatch, "ada@acme.example", "--name=Ada", "--organization=acme")

    assert acme.memberships.get(user__name="Ada").role == "member"


def test_a_user_without_an_organization_gets_no_membership(
    monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    create_user(monkeypatch, "ada@acme.example", "--name=Ada")

    ada = User.objects.get(email="ada@acme.example")
    assert ada.organization is None
    assert (ada.is_staff, ada.is_superuser) == (False, False)


def test_staff_without_a_group_get_a_note(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    output = create_user(monkeypatch, "ada@tenantry.example", "--name=Ada", "--staff")

    assert User.objects.get(email="ada@tenantry.example").is_staff
    assert "see nothing there until" in output


def test_staff_get_the_permissions_of_their_group(
    monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    output = create_user(
        monkeypatch, "ada@tenantry.example", "--name=Ada", "--staff", "--group=Tenantry support"
    )

    ada = User.objects.get(email="ada@tenantry.example")
    assert ada.has_perm("tenantry_staff.enter_organization")
    assert not ada.has_perm("tenantry_staff.write_in_organization")
    assert output == "Created ada@tenantry.example.\n"
    assert AuditEntry.objects.latest("pk").data == {
        "is_staff": True,
        "groups": ["Tenantry support"],
    }


def test_the_command_asks_for_the_password_twice(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    inputs = iter([PASSWORD, PASSWORD])
    monkeypatch.setattr(
        "shared_apps.organizations.management.commands.create_user.getpass",
        lambda prompt: next(inputs),
    )

    call_command("create_user", "ada@acme.example", "--name=Ada", stdout=StringIO())

    assert User.objects.get(email="ada@acme.example").check_password(PASSWORD)


def test_two_different_passwords_are_an_error(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    inputs = iter([PASSWORD, "another one"])
    monkeypatch.setattr(
        "shared_apps.organizations.management.commands.create_user.getpass",
        lambda prompt: next(inputs),
    )

    with pytest.raises(CommandError, match="differ"):
        call_command("create_user", "ada@acme.example", "--name=Ada")

    assert not User.objects.filter(email="ada@acme.example").exists()


@pytest.mark.parametrize(
    ("arguments", "password", "reason"),
    [
        (["bob@ACME.example", "--name=Bob"], PASSWORD, "already exists"),
        (["no address", "--name=Ada"], PASSWORD, "email"),
        (["ada@acme.example", "--name="], PASSWORD, "name"),
        (["ada@acme.example", "--name=Ada"], "", "too short"),
        (["ada@acme.example", "--name=Ada"], "long \0 password", "not UTF-8"),
        (["ada@acme.example", "--name=Ada"], "long \udcff password", "not UTF-8"),
        (["ada@acme.example", "--name=A\0"], PASSWORD, "NUL"),
        (
            ["ada@acme.example", "--name=Ada", "--staff", "--group=kings"],
            PASSWORD,
            "Tenantry support",
        ),
        (["ada@acme.example", "--name=Ada", "--group=Tenantry support"], PASSWORD, "--staff"),
        (["ada@acme.example", "--name=Ada"], "1234567", "too short"),
        (["ada@acme.example", "--name=Ada"], "password123", "too common"),
        (["ada@acme.example", "--name=Ada", "--organization=lost"], PASSWORD, "'lost'"),
        (["ada@acme.example", "--name=Ada", "--organization=public"], PASSWORD, "'public'"),
        (["ada@acme.example", "--name=Ada", "--organization="], PASSWORD, "''"),
        (["ada@acme.example", "--name=Ada", "--role=king"], PASSWORD, "king"),
        (["ada@acme.example"], PASSWORD, "--name"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_input_is_a_one_line_error_and_creates_nothing(
    monkeypatch: pytest.MonkeyPatch, bob: User, arguments: list[str], password: str, reason: str
) -> None:
    users = User.objects.count()

    with pytest.raises(CommandError) as error:
        create_user(monkeypatch, *arguments, password=password)

    assert reason in str(error.value)
    assert "\n" not in str(error.value)
    assert User.objects.count() == users


@pytest.mark.parametrize("arguments", [["bob@acme.example"], ["a@b.example", "--organization=x"]])
def test_bad_input_is_found_before_the_password_is_read(
    monkeypatch: pytest.MonkeyPatch, bob: User, arguments: list[str]
) -> None:
    monkeypatch.setattr("sys.stdin", None)

    with pytest.raises(CommandError, match=r"already exists|does not exist"):
        call_command("create_user", *arguments, "--name=Ada", "--password-stdin")


def test_an_empty_standard_input_is_an_error(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(""))

    with pytest.raises(CommandError, match="Standard input is empty"):
        call_command("create_user", "ada@acme.example", "--name=Ada", "--password-stdin")


@pytest.mark.parametrize("error", [EOFError, GetPassWarning])
def test_the_error_without_a_terminal_names_password_stdin(
    monkeypatch: pytest.MonkeyPatch, db: None, error: type[Exception]
) -> None:
    def no_terminal(prompt: str) -> str:
        raise error

    monkeypatch.setattr(
        "shared_apps.organizations.management.commands.create_user.getpass", no_terminal
    )

    with pytest.raises(CommandError, match="--password-stdin"):
        call_command("create_user", "ada@acme.example", "--name=Ada")


def test_a_role_without_an_organization_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="--organization"):
        create_user(monkeypatch, "ada@acme.example", "--name=Ada", "--role=admin")
