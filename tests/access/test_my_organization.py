"""POST /api/me/organization/ sets the session's organization."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from shared_apps.organizations.models import Membership, Organization
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tests.conftest import ClientOf, SessionOf
from tests.items.fixtures import DESK_ID

URL = "/api/me/organization/"


@pytest.fixture
def bob_of_both(bob: User, globex: Organization) -> User:
    """Bob's own organization is acme, and he is an admin of globex."""
    Membership.objects.create(user=bob, organization=globex, role="admin")
    return bob


def active(client: APIClient) -> Any:
    """Return the schema name of a client's active organization, or None."""
    organization = client.get("/api/me/").json()["organization"]
    return organization and organization["schema_name"]


def test_the_next_requests_work_in_the_chosen_organization(
    session_of: SessionOf, bob_of_both: User, desk: Item, globex_desk: Item
) -> None:
    client = session_of(bob_of_both)

    response = client.post(URL, {"organization": "globex"})

    assert response.status_code == 200
    assert response.json() == client.get("/api/me/").json()
    assert response.json()["organization"]["role"] == "admin"
    assert client.get(f"/api/items/{DESK_ID}/").json()["price"] == "90.00"


def test_the_role_is_that_of_the_chosen_organization(
    session_of: SessionOf, bob_of_both: User
) -> None:
    client = session_of(bob_of_both)
    new = {"sku": "N", "description": "New", "price": "1.00"}

    assert client.post("/api/items/", new).status_code == 403
    client.post(URL, {"organization": "globex"})
    assert client.post("/api/items/", new).status_code == 201


def test_other_sessions_are_unchanged(session_of: SessionOf, bob_of_both: User) -> None:
    phone, laptop = session_of(bob_of_both), session_of(bob_of_both)

    phone.post(URL, {"organization": "globex"})

    assert active(phone) == "globex"
    assert active(laptop) == "acme"


def test_a_user_can_leave_an_unusable_organization(
    session_of: SessionOf, bob_of_both: User, acme: Organization
) -> None:
    client = session_of(bob_of_both)
    Organization.objects.filter(pk=acme.pk).update(status="suspended")
    assert client.get("/api/items/").status_code == 403

    client.post(URL, {"organization": "globex"}, headers={"X-Organization": "acme"})

    assert client.get("/api/items/").status_code == 200


@pytest.mark.parametrize(
    ("organization", "status", "code"),
    [
        ("nowhere", "active", "not_a_member"),
        ("initech", "active", "not_a_member"),
        ("globex", "suspended", "organization_suspended"),
        ("globex", "archived", "organization_archived"),
    ],
)
def test_an_unusable_choice_changes_nothing(
    session_of: SessionOf,
    bob_of_both: User,
    globex: Organization,
    organization: str,
    status: str,
    code: str,
) -> None:
    Organization.objects.create(schema_name="initech", name="Initech")
    Organization.objects.filter(pk=globex.pk).update(status=status)
    client = session_of(bob_of_both)

    response = client.post(URL, {"organization": organization})

    assert response.status_code == 403
    assert response.json()["code"] == code
    assert active(client) == "acme"


def test_a_choice_that_became_unusable_is_denied_not_replaced(
    session_of: SessionOf, bob_of_both: User, globex: Organization
) -> None:
    client = session_of(bob_of_both)
    client.post(URL, {"organization": "globex"})
    Organization.objects.filter(pk=globex.pk).update(status="suspended")

    response = client.get("/api/items/")

    assert response.status_code == 403
    assert response.json()["code"] == "organization_suspended"
    assert active(client) is None


@pytest.mark.parametrize("body", [{"organization": "globex"}, {"organization": "nowhere"}, {}])
def test_a_token_cannot_choose(
    client_of: ClientOf, bob_of_both: User, body: dict[str, str]
) -> None:
    client = client_of(bob_of_both)

    response = client.post(URL, body)

    assert response.status_code == 409
    assert response.json()["code"] == "token_bound"
    assert active(client) == "acme"


def test_a_session_needs_a_csrf_token(session_of: SessionOf, bob_of_both: User) -> None:
    client = session_of(bob_of_both, csrf=True)

    response = client.post(URL, {"organization": "globex"})

    assert response.status_code == 403
    assert response.json()["code"] == "csrf_failed"
    assert active(client) == "acme"


@pytest.mark.parametrize("body", [{}, {"organization": ""}, {"organization": None}])
def test_a_missing_organization_is_400(
    session_of: SessionOf, bob: User, body: dict[str, None]
) -> None:
    response = session_of(bob).post(URL, body)

    assert response.status_code == 400
    assert response.json().keys() == {"organization"}


def test_a_visitor_who_is_not_signed_in_gets_401(api_client: APIClient, db: None) -> None:
    assert api_client.post(URL, {"organization": "acme"}).status_code == 401


@pytest.mark.parametrize(
    ("back", "location"),
    [("/api/", "/api/"), ("logout", "logout"), ("a\0b", "a%00b"), ("//evil.example/", "/")],
)
def test_next_is_a_url_and_never_the_name_of_a_view(
    session_of: SessionOf, bob: User, back: str, location: str
) -> None:
    form = {"organization": "acme", "next": back}

    response = session_of(bob).post("/accounts/organization/", form, format="multipart")

    assert (response.status_code, response["Location"]) == (302, location)
