"""/api/invitations/: inviting, the list of what is pending, sending again, and revoking."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from shared_apps.organizations.invitations import invitation_create
from shared_apps.organizations.models import Invitation, Organization
from shared_apps.organizations.roles import Role
from shared_apps.testing.jobs import run_jobs
from shared_apps.users.models import User
from tests.conftest import ClientOf
from tests.organizations.members import mailed_token, member

URL = "/api/invitations/"
ADA = {"email": "ada@example.com", "role": "member"}


@pytest.fixture
def admin(client_of: ClientOf, carol: User) -> APIClient:
    return client_of(carol)


@pytest.fixture
def of_alice(acme: Organization, alice: User) -> str:
    """The URL of an invitation of an owner, by Alice."""
    invitation = invitation_create(
        organization=acme, email="owner@example.com", role=Role.OWNER, actor=member(alice)
    )
    return f"{URL}{invitation.pk}/"


class TestInvite:
    def test_shows_the_invitation_and_sends_the_mail(self, admin: APIClient, carol: User) -> None:
        response = admin.post(URL, ADA)

        body = response.json()
        assert response.status_code == 201
        assert body == {
            "id": Invitation.objects.get().pk,
            "email": "ada@example.com",
            "role": "member",
            "invited_by": {"id": carol.pk, "name": "Carol"},
            "expires_at": body["expires_at"],
            "created_at": body["created_at"],
        }
        assert body["expires_at"].endswith("Z")
        run_jobs()
        assert mail.outbox[0].to == ["ada@example.com"]

    def test_no_response_has_the_secret(self, admin: APIClient) -> None:
        responses = [admin.post(URL, ADA), admin.get(URL)]
        token = mailed_token()

        assert not any(token in response.text for response in responses)

    @pytest.mark.parametrize(
        ("by", "role", "result"),
        [
            ("bob", "member", (403, "permission_denied")),
            ("carol", "admin", (201, None)),
            ("carol", "owner", (403, "permission_denied")),
            ("alice", "owner", (201, None)),
            ("stella", "member", (403, "no_organization")),
        ],
    )
    def test_admins_invite_all_but_owners(
        self,
        request: pytest.FixtureRequest,
        session_of: Any,
        by: str,
        role: str,
        result: tuple[int, str | None],
    ) -> None:
        response = session_of(request.getfixturevalue(by)).post(URL, ADA | {"role": role})

        assert (response.status_code, response.json().get("code")) == result

    @pytest.mark.parametrize(
        ("email", "code"),
        [
            ("BOB@acme.example", "already_member"),
            ("carol@acme.example", "already_member"),
            (" ADA@example.com ", "already_invited"),
        ],
    )
    def test_a_member_oneself_and_who_was_invited_already_are_409(
        self, admin: APIClient, bob: User, email: str, code: str
    ) -> None:
        admin.post(URL, ADA)

        response = admin.post(URL, ADA | {"email": email})

        assert (response.status_code, response.json()["code"]) == (409, code)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("email", ""),
            ("email", "ada"),
            ("email", None),
            ("email", "a" * 255 + "@example.com"),
            ("email", ["ada@example.com"]),
            ("role", "king"),
            ("role", None),
        ],
    )
    def test_an_invalid_field_is_named(self, admin: APIClient, field: str, value: Any) -> None:
        response = admin.post(URL, ADA | {field: value}, format="json")

        assert (response.status_code, response.json().keys()) == (400, {field})

    @pytest.mark.parametrize("field", ["email", "role"])
    def test_a_missing_field_is_named(self, admin: APIClient, field: str) -> None:
        response = admin.post(URL, {key: ADA[key] for key in ADA if key != field})

        assert response.json() == {field: ["This field is required."]}

    def test_with_closed_sign_up_an_unknown_address_is_400(
        self, admin: APIClient, settings: Settings
    ) -> None:
        settings.SIGN_UP = "closed"

        response = admin.post(URL, ADA)

        assert (response.status_code, response.json().keys()) == (400, {"email"})

    def test_an_organization_sends_a_limited_number_a_minute(
        self, admin: APIClient, client_of: ClientOf, charlie: User, settings: Settings
    ) -> None:
        settings.THROTTLES = settings.THROTTLES | {"invitations": 2}
        url = f"{URL}{admin.post(URL, ADA).json()['id']}/resend/"

        assert admin.post(url).status_code == 200
        assert admin.post(url).status_code == 429
        assert admin.post(URL, ADA | {"email": "b@example.com"}).status_code == 429
        assert client_of(charlie).post(URL, ADA | {"email": "c@example.com"}).status_code == 201

    def test_an_address_gets_a_limited_number_a_minute_from_all_organizations(
        self, admin: APIClient, client_of: ClientOf, charlie: User, settings: Settings
    ) -> None:
        settings.THROTTLES = settings.THROTTLES | {"mail_account": 2}
        url = f"{URL}{admin.post(URL, ADA).json()['id']}/resend/"

        assert admin.post(url).status_code == 200
        assert admin.post(url).status_code == 429
        assert client_of(charlie).post(URL, ADA | {"email": "ADA@example.com"}).status_code == 429
        assert admin.post(URL, ADA | {"email": "b@example.com"}).status_code == 201


class TestList:
    def test_has_the_pending_ones_of_the_organization(
        self, admin: APIClient, client_of: ClientOf, charlie: User
    ) -> None:
        shown = admin.post(URL, ADA).json()
        client_of(charlie).post(URL, ADA)
        expired = admin.post(URL, ADA | {"email": "b@example.com"}).json()["id"]
        Invitation.objects.filter(pk=expired).update(expires_at=timezone.now())

        body = admin.get(URL).json()

        assert (body["count"], body["results"]) == (1, [shown])

    def test_is_for_admins_and_owners(self, client_of: ClientOf, bob: User) -> None:
        assert client_of(bob).get(URL).status_code == 403

    def test_an_invitation_of_staff_has_no_person(
        self, admin: APIClient, acme: Organization
    ) -> None:
        invitation_create(organization=acme, email=ADA["email"], role=Role.MEMBER, actor=None)

        assert admin.get(URL).json()["results"][0]["invited_by"] is None

    def test_a_deactivated_address_looks_like_any_other(self, admin: APIClient, nora: User) -> None:
        User.objects.filter(pk=nora.pk).update(is_active=False)

        bodies = [admin.post(URL, ADA | {"email": each}).json() for each in (nora.email, "b@b.bb")]

        assert bodies[0].keys() == bodies[1].keys()


class TestOne:
    def test_is_revoked(self, admin: APIClient) -> None:
        url = f"{URL}{admin.post(URL, ADA).json()['id']}/"

        assert admin.delete(url).status_code == 204
        assert admin.delete(url).status_code == 404
        assert not Invitation.objects.exists()

    def test_is_sent_again_also_when_it_has_expired(
        self, admin: APIClient, client_of: ClientOf, alice: User
    ) -> None:
        url = f"{URL}{admin.post(URL, ADA).json()['id']}/resend/"
        Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))

        response = client_of(alice).post(url)

        assert response.status_code == 200
        assert response.json()["invited_by"]["name"] == "Alice"
        assert run_jobs() == 2

    @pytest.mark.parametrize(("by", "status"), [("bob", 403), ("carol", 403), ("charlie", 404)])
    def test_of_an_owner_is_for_owners_and_of_others_is_404(
        self,
        request: pytest.FixtureRequest,
        client_of: ClientOf,
        of_alice: str,
        by: str,
        status: int,
    ) -> None:
        client = client_of(request.getfixturevalue(by))

        assert client.delete(of_alice).status_code == status
        assert client.post(f"{of_alice}resend/").status_code == status
        assert Invitation.objects.exists()
