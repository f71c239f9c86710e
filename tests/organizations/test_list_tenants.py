"""list_tenants lists all organizations as a table or as JSON."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shared_apps.organizations.models import Membership, Organization
from tests.conftest import statements


def list_tenants(*arguments: str) -> str:
    output = StringIO()
    call_command("list_tenants", *arguments, stdout=output)
    return output.getvalue()


def test_the_list_is_a_table(acme: Organization, globex: Organization) -> None:
    Organization.objects.filter(pk=globex.pk).update(status="suspended", currency="USD")

    lines = list_tenants().splitlines()

    (acme_line,) = [line for line in lines if "acme" in line]
    (globex_line,) = [line for line in lines if "globex" in line]
    assert all(word in acme_line for word in ("Acme", "active", "EUR", "3"))
    assert all(word in globex_line for word in ("Globex", "suspended", "USD", "1"))
    assert lines.index(acme_line) < lines.index(globex_line)


def test_the_list_can_be_printed_as_json(acme: Organization, globex: Organization) -> None:
    rows: list[dict[str, Any]] = json.loads(list_tenants("--json"))

    assert [row["schema_name"] for row in rows] == ["acme", "globex"]
    created_at = rows[0].pop("created_at")
    assert created_at.endswith("Z")
    assert rows[0] == {
        "schema_name": "acme",
        "name": "Acme",
        "status": "active",
        "currency": "EUR",
        "members": 3,
    }


@pytest.mark.parametrize("name", ["[b]A[/b]", "[/]", "Acme [/x]", ":smile:", "Ärger & Söhne"])
def test_a_name_is_printed_unchanged(acme: Organization, name: str) -> None:
    Organization.objects.filter(pk=acme.pk).update(name=name)

    assert name in list_tenants()
    assert json.loads(list_tenants("--json"))[0]["name"] == name


def test_the_list_takes_one_query(acme: Organization) -> None:
    with CaptureQueriesContext(connection) as captured:
        list_tenants()

    assert len(statements(captured)) == 1


def test_an_empty_list_names_create_tenant(acme: Organization) -> None:
    Membership.objects.all().delete()
    connection.cursor().execute("UPDATE tenantry_users_user SET organization_id = NULL")
    connection.cursor().execute("DELETE FROM tenantry_organizations_organization")

    assert "create_tenant" in list_tenants()
    assert json.loads(list_tenants("--json")) == []
