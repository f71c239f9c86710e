"""create_tenant creates an organization."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from shared_apps.organizations.models import Membership, Organization
from shared_apps.users.models import User
from tenantry.schemas.catalog import schema_exists

GOOD = {"schema_name": "initech", "--name": "Initech", "--owner": "nora@nowhere.example"}


def create_tenant(**changes: str) -> str:
    options = GOOD | {key.replace("__", "--"): value for key, value in changes.items()}
    name = options.pop("schema_name")
    output = StringIO()
    arguments = [word for option in options.items() for word in option]
    call_command("create_tenant", name, *arguments, stdout=output)
    return output.getvalue()


def test_the_command_creates_organization_schema_and_owner(nora: User) -> None:
    output = create_tenant(__currency="USD")

    organization = Organization.objects.get(schema_name="initech")
    assert (organization.name, organization.currency) == ("Initech", "USD")
    assert schema_exists("initech")
    assert Membership.objects.get(organization=organization).user == nora
    assert Membership.objects.get(organization=organization).role == "owner"
    assert "initech" in output


def test_the_default_currency_is_the_euro(nora: User) -> None:
    create_tenant()

    assert Organization.objects.get(schema_name="initech").currency == "EUR"


def test_the_owner_s_email_ignores_case(nora: User) -> None:
    create_tenant(__owner="NORA@nowhere.example")

    assert nora.memberships.exists()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"schema_name": "pg_x"}, "'pg_x' is reserved"),
        ({"schema_name": "public"}, "'public' is reserved"),
        ({"schema_name": "Robert'); DROP SCHEMA acme; --"}, "not a valid schema name"),
        ({"schema_name": "x" * 64}, "schema_name"),
        ({"schema_name": "acme"}, "is taken"),
        ({"__owner": "unknown@nowhere.example"}, "User 'unknown@nowhere.example' does not exist"),
        ({"__owner": ""}, "User '' does not exist"),
        ({"__currency": "euro"}, "currency"),
        ({"__name": ""}, "name"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_input_is_a_one_line_error_and_creates_nothing(
    nora: User, changes: dict[str, str], reason: str
) -> None:
    with pytest.raises(CommandError) as error:
        create_tenant(**changes)

    assert reason in str(error.value)
    assert "\n" not in str(error.value)
    assert error.value.returncode == 1
    assert Organization.objects.count() == 2
    assert not schema_exists("initech")
    assert not nora.memberships.exists()


@pytest.mark.parametrize("missing", ["--name", "--owner"])
def test_name_and_owner_are_required(db: None, missing: str) -> None:
    options = {key: value for key, value in GOOD.items() if key.startswith("--") and key != missing}

    with pytest.raises(CommandError, match=missing):
        call_command("create_tenant", "initech", *[w for pair in options.items() for w in pair])


def test_a_second_organization_with_the_same_schema_fails(nora: User) -> None:
    create_tenant()

    with pytest.raises(CommandError, match="is taken"):
        create_tenant(__name="Another")

    assert Organization.objects.get(schema_name="initech").name == "Initech"
