"""POST /api/invitations/accept/: joining the organization of a mail's link."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from shared_apps.organizations.invitations import invitation_create
from shared_apps.organizations.models import Invitation, Organization
from shared_apps.organizations.roles import Role
from shared_apps.organizations.services import membership_create, organization_suspend
from shared_apps.users.models import User
from tests.conftest import ClientOf, SessionOf
from tests.organizations.members import mailed_token

URL = "/api/invitations/accept/"


@pytest.fixture
def token(acme: Organization, nora: User) -> str:
    """Of an invitation of Nora, who has no organization."""
    return invited(acme, nora.email)


def invited(organization: Organization, email: str) -> str:
    invitation_create(organization=organization, email=email, role=Role.ADMIN, actor=None)
    return mailed_token()


def test_the_response_is_that_of_me_and_the_organization_is_active(
    session_of: SessionOf, nora: User, token: str
) -> None:
    browser = session_of(nora)

    response = browser.post(URL, {"token": token})

    acme = {
        "schema_name": "acme",
        "name": "Acme",
        "role": "admin",
        "status": "active",
        "currency": "EUR",
    }
    assert response.status_code == 200
    assert response.json() == {
        "id": nora.pk,
        "email": nora.email,
        "name": "Nora",
        "organization": acme,
        "organizations": [acme],
    }
    assert browser.get("/api/me/").json() == response.json()
    assert browser.get("/api/items/").status_code == 200


def test_somebody_of_another_organization_then_works_in_the_new_one(
    session_of: SessionOf, charlie: User, acme: Organization
) -> None:
    browser = session_of(charlie)

    body = browser.post(URL, {"token": invited(acme, charlie.email)}).json()

    assert body["organization"]["schema_name"] == "acme"
    assert [each["schema_name"] for each in body["organizations"]] == ["acme", "globex"]
    assert browser.get("/api/me/").json() == body


def test_a_token_stays_in_its_organization(
    client_of: ClientOf, charlie: User, acme: Organization
) -> None:
    client = client_of(charlie)

    body = client.post(URL, {"token": invited(acme, charlie.email)}).json()

    assert body["organization"]["schema_name"] == "globex"
    assert [each["schema_name"] for each in body["organizations"]] == ["acme", "globex"]
    assert client.get("/api/me/").json() == body


def test_it_is_open_to_somebody_with_no_usable_organization(
    session_of: SessionOf, charlie: User, acme: Organization, globex: Organization
) -> None:
    token = invited(acme, charlie.email)
    organization_suspend(organization=globex)

    assert session_of(charlie).post(URL, {"token": token}).status_code == 200


def test_another_person_is_403(session_of: SessionOf, charlie: User, token: str) -> None:
    response = session_of(charlie).post(URL, {"token": token})

    assert (response.status_code, response.json()["code"]) == (403, "invitation_not_yours")
    assert "charlie@globex.example" in response.json()["detail"]
    assert "nora" not in response.text


def test_an_expired_one_is_410(session_of: SessionOf, nora: User, token: str) -> None:
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    response = session_of(nora).post(URL, {"token": token})

    assert (response.status_code, response.json()["code"]) == (410, "invitation_expired")


def test_a_used_or_unknown_one_is_404(session_of: SessionOf, nora: User, token: str) -> None:
    browser = session_of(nora)
    browser.post(URL, {"token": token})

    for each in (token, "unknown"):
        response = browser.post(URL, {"token": each})
        assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_a_member_already_is_409(
    session_of: SessionOf, nora: User, token: str, acme: Organization
) -> None:
    membership_create(user=nora, organization=acme)

    response = session_of(nora).post(URL, {"token": token})

    assert (response.status_code, response.json()["code"]) == (409, "already_member")


@pytest.mark.parametrize("by", ["session_of", "client_of"])
def test_without_the_second_factor_that_it_requires_nothing_is_changed(
    request: pytest.FixtureRequest, by: str, charlie: User, acme: Organization
) -> None:
    token = invited(acme, charlie.email)
    Organization.objects.filter(pk=acme.pk).update(second_factor_required=True)
    client = request.getfixturevalue(by)(charlie)

    response = client.post(URL, {"token": token})

    assert (response.status_code, response.json()["code"]) == (403, "second_factor_required")
    assert charlie.memberships.count() == 1
    Organization.objects.filter(pk=acme.pk).update(second_factor_required=False)
    assert client.post(URL, {"token": token}).status_code == 200


def test_an_anonymous_caller_is_401(api_client: APIClient, token: str) -> None:
    assert api_client.post(URL, {"token": token}).status_code == 401


def test_another_site_cannot_accept_with_the_browser_s_session(
    session_of: SessionOf, nora: User, token: str
) -> None:
    response = session_of(nora, csrf=True).post(URL, {"token": token})

    assert (response.status_code, response.json()["code"]) == (403, "csrf_failed")


@pytest.mark.parametrize("body", [{}, {"token": ""}, {"token": None}, {"token": "x" * 65}])
def test_a_missing_or_long_token_is_400(session_of: SessionOf, nora: User, body: Any) -> None:
    response = session_of(nora).post(URL, body, format="json")

    assert (response.status_code, response.json().keys()) == (400, {"token"})
