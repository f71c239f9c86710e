"""Members and invitations by a key of the organization, and by tokens with scopes."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from shared_apps.access.keys import key_delete
from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.acceptance import invitation_accept
from shared_apps.organizations.invitations import invitation_create
from shared_apps.organizations.models import Invitation, Membership, Organization
from shared_apps.organizations.ownership import ownership_offer
from shared_apps.organizations.roles import Role
from shared_apps.users.models import ApiToken, User
from tests.organizations.members import error_of, mailed_token, member

ADA = {"email": "ada@example.com", "role": "member"}


def client_with(organization: Organization, **fields: Any) -> APIClient:
    _, plaintext = ApiToken.objects.make(organization=organization, name="CRM", **fields)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {plaintext}")
    return client


def code(response: Any) -> tuple[int, str]:
    return response.status_code, response.json().get("code", "") if response.content else ""


@pytest.fixture
def key(acme: Organization) -> APIClient:
    """A key with the role of an admin."""
    return client_with(acme, role="admin")


class TestKey:
    def test_invites_for_the_organization_and_not_for_a_person(self, key: APIClient) -> None:
        response = key.post("/api/invitations/", ADA)

        assert (response.status_code, response.json()["invited_by"]) == (201, None)
        assert Invitation.objects.get().inviter is None
        link = f"/invitations/{mailed_token()}/"
        for shown in (str(mail.outbox[-1].body), Client().get(link).text):
            assert "Acme invites you" in shown
            assert "team of Tenantry" not in shown

    @pytest.mark.parametrize("by", ["an owner", "SQL"])
    def test_takes_its_invitations_with_it(
        self, key: APIClient, alice: User, nora: User, by: str
    ) -> None:
        key.post("/api/invitations/", {"email": nora.email, "role": "admin"})
        token, stored = mailed_token(), ApiToken.objects.get(user=None)

        if by == "SQL":
            ApiToken.objects.filter(pk=stored.pk).delete()
        else:
            key_delete(key=stored, actor=member(alice))
            revoked = AuditEntry.objects.filter(action="invitation.revoked").latest("pk")
            assert (revoked.subject, revoked.schema_name) == (nora.email, "acme")

        assert error_of(invitation_accept, token=token, user=nora) == ("not_found", 404)

    def test_that_has_expired_or_is_deleted_meanwhile_invites_nobody(
        self, key: APIClient, acme: Organization, nora: User
    ) -> None:
        key.post("/api/invitations/", {"email": nora.email, "role": "admin"})
        token, stored = mailed_token(), ApiToken.objects.get(user=None)
        new: dict[str, Any] = {"organization": acme, "email": "b@example.com", "role": Role.MEMBER}

        ApiToken.objects.update(expiry=timezone.now())

        assert error_of(invitation_accept, token=token, user=nora) == ("invitation_expired", 410)
        assert error_of(invitation_create, **new, actor=stored) == ("not_a_member", 403)

    def test_changes_and_removes_members_but_no_owner(
        self, key: APIClient, alice: User, bob: User
    ) -> None:
        urls = [f"/api/members/{member(user).pk}/" for user in (bob, alice)]

        assert [key.patch(url, {"role": "admin"}).status_code for url in urls] == [200, 403]
        assert [key.delete(url).status_code for url in urls] == [204, 403]

    def test_of_a_member_s_role_only_reads(self, acme: Organization, bob: User) -> None:
        key = client_with(acme, role="member")

        assert key.get("/api/members/").status_code == 200
        assert code(key.post("/api/invitations/", ADA)) == (403, "permission_denied")
        assert code(key.delete(f"/api/members/{member(bob).pk}/")) == (403, "permission_denied")

    def test_is_no_person_who_could_join_or_own(self, key: APIClient) -> None:
        for url in ("/api/invitations/accept/", "/api/organization/accept-ownership/"):
            assert code(key.post(url, {"token": "x"})) == (403, "not_a_person")

    def test_stays_when_the_people_go(self, key: APIClient, carol: User) -> None:
        key.delete(f"/api/members/{member(carol).pk}/")

        assert key.get("/api/members/").status_code == 200


class TestScopes:
    @pytest.mark.parametrize(
        ("scopes", "reads", "writes"),
        [(["read"], 200, 403), (["members:write"], 403, 201), (["orders:write"], 403, 403)],
    )
    def test_reading_needs_read_and_writing_members_write(
        self, acme: Organization, carol: User, scopes: list[str], reads: int, writes: int
    ) -> None:
        client = client_with(acme, user=carol, membership=member(carol), scopes=scopes)

        assert client.get("/api/members/").status_code == reads
        assert client.get("/api/invitations/").status_code == reads
        assert client.post("/api/invitations/", ADA).status_code == writes

    def test_a_scope_gives_no_more_than_the_role(self, acme: Organization, bob: User) -> None:
        client = client_with(acme, user=bob, membership=member(bob), scopes=["members:write"])

        assert code(client.post("/api/invitations/", ADA)) == (403, "permission_denied")

    @pytest.mark.parametrize("role", ["owner", "admin"])
    def test_no_scope_lets_a_token_make_change_or_remove_an_admin_or_owner(
        self, acme: Organization, alice: User, bob: User, carol: User, role: str
    ) -> None:
        """Else a token with a scope makes a person who may do more than the token."""
        scopes = ["members:write"]
        carol.memberships.update(role=role)
        invited = invitation_create(
            organization=acme, email=ADA["email"], role=Role(role), actor=None
        )
        plain, strong = (f"/api/members/{member(each).pk}/" for each in (bob, carol))
        invitation = f"/api/invitations/{invited.pk}/"
        clients = [client_with(acme, user=alice, membership=member(alice), scopes=scopes)]
        clients += [client_with(acme, role="admin", scopes=scopes)] if role == "admin" else []

        for client in clients:
            for response in (
                client.post("/api/invitations/", {"email": "b@example.com", "role": role}),
                client.patch(plain, {"role": role}),
                client.patch(strong, {"role": "member"}),
                client.delete(strong),
                client.post(f"{invitation}resend/"),
                client.delete(invitation),
            ):
                assert code(response) == (403, "insufficient_scope")
        assert client_with(acme, role="admin", scopes=scopes).delete(plain).status_code == 204

    def test_no_scope_lets_a_token_hand_over_or_take_the_ownership(
        self, acme: Organization, alice: User, bob: User
    ) -> None:
        ownership_offer(membership=member(bob), actor=member(alice))

        for user, url in (
            (alice, f"/api/members/{member(bob).pk}/offer-ownership/"),
            (bob, "/api/organization/accept-ownership/"),
        ):
            client = client_with(acme, user=user, membership=member(user), scopes=["members:write"])
            assert code(client.post(url)) == (403, "insufficient_scope")

    def test_no_scope_lets_a_token_join_another_organization(
        self, acme: Organization, bob: User
    ) -> None:
        client = client_with(acme, user=bob, membership=member(bob), scopes=["members:write"])

        response = client.post("/api/invitations/accept/", {"token": "x"})

        assert code(response) == (403, "insufficient_scope")
        assert Membership.objects.filter(user=bob).count() == 1
