"""create_tenant: an organization from the shell."""

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


def test_makes_organization_schema_and_owner(nora: User) -> None:
    output = create_tenant(__currency="USD")

    organization = Organization.objects.get(schema_name="initech")
    assert (organization.name, organization.currency) == ("Initech", "USD")
    assert schema_exists("initech")
    assert Membership.objects.get(organization=organization).user == nora
    assert Membership.objects.get(organization=organization).role == "owner"
    assert "initech" in output


def test_the_currency_is_the_euro_unless_said_otherwise(nora: User) -> None:
    create_tenant()

    assert Organization.objects.get(schema_name="initech").currency == "EUR"


def test_finds_the_owner_in_whatever_case(nora: User) -> None:
    create_tenant(__owner="NORA@nowhere.example")

    assert nora.memberships.exists()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"schema_name": "pg_x"}, "'pg_x' is reserved"),
        ({"schema_name": "public"}, "'public' is reserved"),
        ({"schema_name": "Robert'); DROP SCHEMA acme; --"}, "not a valid schema name"),
        ({"schema_name": "x" * 64}, "schema_name"),
        ({"schema_name": "acme"}, "already exists"),
        ({"__owner": "nobody@nowhere.example"}, "no user 'nobody@nowhere.example'"),
        ({"__owner": ""}, "no user ''"),
        ({"__currency": "euro"}, "currency"),
        ({"__name": ""}, "name"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_input_is_one_line_and_leaves_nothing_behind(
    nora: User, changes: dict[str, str], reason: str
) -> None:
    with pytest.raises(CommandError) as refusal:
        create_tenant(**changes)

    assert reason in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert refusal.value.returncode == 1
    assert Organization.objects.count() == 2
    assert not schema_exists("initech")
    assert not nora.memberships.exists()


@pytest.mark.parametrize("missing", ["--name", "--owner"])
def test_name_and_owner_are_needed(db: None, missing: str) -> None:
    options = {key: value for key, value in GOOD.items() if key.startswith("--") and key != missing}

    with pytest.raises(CommandError, match=missing):
        call_command("create_tenant", "initech", *[w for pair in options.items() for w in pair])


def test_twice_is_refused_and_the_first_one_stays(nora: User) -> None:
    create_tenant()

    with pytest.raises(CommandError, match="already exists"):
        create_tenant(__name="Another")

    assert Organization.objects.get(schema_name="initech").name == "Initech"
