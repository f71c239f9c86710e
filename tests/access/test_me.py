"""GET /api/me/: the caller, the active organization and all memberships."""

import pytest
from rest_framework.test import APIClient

from shared_apps.organizations.models import Membership, Organization
from shared_apps.users.models import User
from tests.conftest import ClientOf, SessionOf

URL = "/api/me/"
ACME = {
    "schema_name": "acme",
    "name": "Acme",
    "role": "member",
    "status": "active",
    "currency": "EUR",
}
GLOBEX = {
    "schema_name": "globex",
    "name": "Globex",
    "role": "admin",
    "status": "active",
    "currency": "EUR",
}


@pytest.fixture
def bob_of_both(bob: User, globex: Organization) -> User:
    """Bob's own organization is acme, and he is an admin of globex."""
    Membership.objects.create(user=bob, organization=globex, role="admin")
    return bob


def test_the_response_has_the_caller_and_all_memberships(
    client_of: ClientOf, bob_of_both: User
) -> None:
    response = client_of(bob_of_both).get(URL)

    assert response.status_code == 200
    assert response.json() == {
        "id": bob_of_both.pk,
        "email": "bob@acme.example",
        "name": "Bob",
        "organization": ACME,
        "organizations": [ACME, GLOBEX],
    }


def test_the_organization_of_a_token_is_the_active_one(
    client_of: ClientOf, bob_of_both: User, globex: Organization
) -> None:
    assert client_of(bob_of_both, globex).get(URL).json()["organization"] == GLOBEX


@pytest.mark.parametrize("status", ["suspended", "archived"])
def test_an_unusable_organization_is_listed_but_not_active(
    client_of: ClientOf, bob_of_both: User, acme: Organization, status: str
) -> None:
    Organization.objects.filter(pk=acme.pk).update(status=status)

    body = client_of(bob_of_both).get(URL).json()

    assert body["organization"] is None
    assert body["organizations"] == [{**ACME, "status": status}, GLOBEX]


def test_a_removed_member_sees_the_other_organizations(
    client_of: ClientOf, bob_of_both: User
) -> None:
    client = client_of(bob_of_both)
    Membership.objects.filter(user=bob_of_both, organization__schema_name="acme").delete()

    body = client.get(URL).json()

    assert body["organization"] is None
    assert body["organizations"] == [GLOBEX]


@pytest.mark.parametrize("person", ["nora", "stella"])
def test_a_user_without_organizations_gets_an_empty_list(
    session_of: SessionOf, request: pytest.FixtureRequest, person: str
) -> None:
    body = session_of(request.getfixturevalue(person)).get(URL).json()

    assert body["organization"] is None
    assert body["organizations"] == []


def test_x_organization_is_ignored(client_of: ClientOf, bob: User) -> None:
    response = client_of(bob).get(URL, headers={"X-Organization": "globex"})

    assert response.json()["organization"] == ACME


def test_parameters_with_another_user_are_ignored(
    client_of: ClientOf, bob: User, charlie: User
) -> None:
    claim: dict[str, str | float] = {
        "user_id": charlie.pk,
        "user": charlie.pk,
        "organization_id": 2,
        "email": "c@x.org",
    }

    assert client_of(bob).get(URL, claim).json()["email"] == "bob@acme.example"


def test_a_visitor_who_is_not_signed_in_gets_401(api_client: APIClient, db: None) -> None:
    response = api_client.get(URL)

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Token"
    assert response.json()["code"] == "not_authenticated"
