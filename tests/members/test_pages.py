"""/members/: the page of the organization's people, with forms that need no JavaScript."""

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from shared_apps.organizations.invitations import invitation_create
from shared_apps.organizations.models import Invitation, Membership, Organization
from shared_apps.organizations.ownership import ownership_offer
from shared_apps.organizations.roles import Role
from shared_apps.organizations.services import membership_create
from shared_apps.testing.jobs import run_jobs
from shared_apps.users.models import User
from tests.conftest import SessionOf
from tests.organizations.members import member

URL = "/members/"


def forms(page: str) -> set[str]:
    """Return where the forms of the content lead, without primary keys."""
    return {
        re.sub(r"\d+", "N", action) for action in re.findall(r'action="([^"]*)"', content(page))
    }


def content(page: str) -> str:
    """Return the page without its shell."""
    return page[page.index("<main") :]


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.text))


class TestPage:
    def test_asks_a_visitor_to_sign_in_and_leads_back(self, client: Client, db: None) -> None:
        response = client.get(f"{URL}?page=2")

        assert response.status_code == 302
        assert response["Location"] == "/accounts/login/?next=/members/%3Fpage%3D2"

    def test_of_a_member_shows_names_and_lets_them_leave(
        self, session_of: SessionOf, bob: User
    ) -> None:
        page = session_of(bob).get(URL)

        for name in ("Alice", "Bob", "Carol"):
            assert name in page.text
        assert "@acme.example" not in content(page.text)
        assert forms(page.text) == {"/members/N/remove/"}
        assert "Leave Acme" in page.text

    def test_of_an_admin_has_forms_for_all_but_owners(
        self, session_of: SessionOf, carol: User, alice: User, acme: Organization
    ) -> None:
        invitation_create(
            organization=acme, email="owner@example.com", role=Role.OWNER, actor=member(alice)
        )

        page = session_of(carol).get(URL).text

        assert forms(page) == {"/members/N/remove/", "/members/N/role/", "/members/invite/"}
        assert f"/members/{member(alice).pk}/" not in page
        assert 'value="owner"' not in page
        assert "bob@acme.example" in page

    def test_of_an_owner_has_all_forms(
        self, session_of: SessionOf, alice: User, acme: Organization
    ) -> None:
        invitation_create(
            organization=acme, email="ada@example.com", role=Role.OWNER, actor=member(alice)
        )

        page = session_of(alice).get(URL).text

        assert forms(page) == {
            "/members/N/remove/",
            "/members/N/role/",
            "/members/N/offer-ownership/",
            "/members/invite/",
            "/members/invitations/N/resend/",
            "/members/invitations/N/revoke/",
        }

    def test_has_nobody_of_another_organization(
        self, session_of: SessionOf, charlie: User, acme: Organization
    ) -> None:
        invitation_create(organization=acme, email="ada@example.com", role=Role.MEMBER, actor=None)

        page = session_of(charlie).get(URL).text

        for hidden in ("Alice", "acme", "ada@example.com"):
            assert hidden not in page

    def test_names_invitations_that_no_longer_work(
        self, session_of: SessionOf, alice: User, acme: Organization
    ) -> None:
        invitation_create(
            organization=acme, email="ada@example.com", role=Role.MEMBER, actor=member(alice)
        )
        assert "by Alice, until" in text(session_of(alice).get(URL))
        Invitation.objects.update(expires_at=timezone.now())

        assert "no longer works" in text(session_of(alice).get(URL))


class TestInvite:
    def test_sends_the_mail_and_says_so(self, session_of: SessionOf, carol: User) -> None:
        form = {"email": "ada@example.com", "role": "admin"}

        page = session_of(carol).post(f"{URL}invite/", form, format="multipart", follow=True)

        assert "We sent an invitation to ada@example.com." in page.text
        run_jobs()
        assert mail.outbox[0].to == ["ada@example.com"]

    @pytest.mark.parametrize(
        ("email", "role", "status", "error"),
        [
            ("bob@acme.example", "member", 409, "bob@acme.example is already a member."),
            ("ada", "member", 400, "Check the address."),
            ("", "member", 400, "This field is required."),
            ("ada@example.com", "owner", 400, "Select a valid choice."),
            ("a\0@example.com", "member", 400, "Null characters are not allowed."),
        ],
    )
    def test_shows_an_error_at_the_form_and_keeps_the_input(
        self,
        session_of: SessionOf,
        carol: User,
        bob: User,
        email: str,
        role: str,
        status: int,
        error: str,
    ) -> None:
        form = {"email": email, "role": role}

        page = session_of(carol).post(f"{URL}invite/", form, format="multipart")

        assert page.status_code == status
        assert error in page.text
        assert not Invitation.objects.exists()

    def test_by_a_member_is_403(self, session_of: SessionOf, bob: User) -> None:
        form = {"email": "ada@example.com", "role": "member"}

        assert session_of(bob).post(f"{URL}invite/", form).status_code == 403


class TestChange:
    def test_of_a_role(self, session_of: SessionOf, alice: User, bob: User) -> None:
        pk = member(bob).pk

        page = session_of(alice).post(
            f"{URL}{pk}/role/", {f"{pk}-role": "admin"}, format="multipart", follow=True
        )

        assert "Bob is now admin." in page.text
        assert member(bob).role == "admin"

    @pytest.mark.parametrize("role", ["king", "", "owner"])
    def test_to_a_role_that_cannot_be_given_is_400(
        self, session_of: SessionOf, carol: User, bob: User, role: str
    ) -> None:
        pk = member(bob).pk

        page = session_of(carol).post(f"{URL}{pk}/role/", {f"{pk}-role": role}, format="multipart")

        assert (page.status_code, member(bob).role) == (400, "member")

    def test_of_an_owner_by_an_admin_shows_why_not(
        self, session_of: SessionOf, carol: User, alice: User
    ) -> None:
        pk = member(alice).pk

        page = session_of(carol).post(
            f"{URL}{pk}/role/", {f"{pk}-role": "admin"}, format="multipart"
        )

        assert page.status_code == 403
        assert "Only an owner can do this with owners." in page.text

    def test_removing_a_member(self, session_of: SessionOf, carol: User, bob: User) -> None:
        page = session_of(carol).post(f"{URL}{member(bob).pk}/remove/", follow=True)

        assert "Bob is no longer a member." in page.text
        assert not bob.memberships.exists()

    def test_the_last_owner_who_leaves_sees_why_not(
        self, session_of: SessionOf, alice: User
    ) -> None:
        page = session_of(alice).post(f"{URL}{member(alice).pk}/remove/")

        assert page.status_code == 409
        assert "is the only owner of Acme" in page.text

    def test_leaving_leads_home_where_another_organization_is_active(
        self, session_of: SessionOf, bob: User, globex: Organization
    ) -> None:
        membership_create(user=bob, organization=globex)

        page = session_of(bob).post(f"{URL}{member(bob).pk}/remove/", follow=True)

        assert "You have left Acme." in page.text
        assert "<h1>Globex</h1>" in page.text

    @pytest.mark.parametrize(
        "path", ["{member}/role/", "{member}/remove/", "{member}/offer-ownership/",
                 "invitations/{invitation}/resend/", "invitations/{invitation}/revoke/"],
    )  # fmt: skip
    def test_of_another_organization_is_404(
        self, session_of: SessionOf, charlie: User, bob: User, acme: Organization, path: str
    ) -> None:
        invitation = invitation_create(
            organization=acme, email="ada@example.com", role=Role.MEMBER, actor=None
        )
        url = path.format(member=member(bob).pk, invitation=invitation.pk)

        assert session_of(charlie).post(f"{URL}{url}").status_code == 404
        assert member(bob).role == "member"
        assert Invitation.objects.exists()

    def test_with_a_form_of_another_organization_is_409(
        self, session_of: SessionOf, carol: User, bob: User
    ) -> None:
        form = {"_organization": "globex"}

        page = session_of(carol).post(f"{URL}{member(bob).pk}/remove/", form, format="multipart")

        assert page.status_code == 409
        assert bob.memberships.exists()

    def test_by_another_site_is_403(self, session_of: SessionOf, carol: User, bob: User) -> None:
        browser = session_of(carol, csrf=True)

        assert browser.post(f"{URL}{member(bob).pk}/remove/").status_code == 403
        assert bob.memberships.exists()


class TestInvitations:
    @pytest.fixture
    def url(self, acme: Organization, carol: User) -> str:
        invitation = invitation_create(
            organization=acme, email="ada@example.com", role=Role.MEMBER, actor=member(carol)
        )
        return f"{URL}invitations/{invitation.pk}/"

    def test_are_sent_again(self, session_of: SessionOf, carol: User, url: str) -> None:
        page = session_of(carol).post(f"{url}resend/", follow=True)

        assert "We sent ada@example.com a new link." in page.text
        assert run_jobs() == 2

    def test_are_revoked(self, session_of: SessionOf, carol: User, url: str) -> None:
        page = session_of(carol).post(f"{url}revoke/", follow=True)

        assert "The invitation of ada@example.com is revoked." in page.text
        assert not Invitation.objects.exists()


class TestOwnership:
    def test_is_offered(self, session_of: SessionOf, alice: User, bob: User) -> None:
        page = session_of(alice).post(f"{URL}{member(bob).pk}/offer-ownership/", follow=True)

        assert "We told Bob, who has 7 days to accept." in page.text
        assert "ownership offered" in text(page)

    def test_is_accepted_by_whom_it_was_offered_to(
        self, session_of: SessionOf, alice: User, bob: User, carol: User
    ) -> None:
        ownership_offer(membership=member(bob), actor=member(alice))
        accept = f"{URL}accept-ownership/"

        assert accept not in session_of(carol).get(URL).text
        assert "Alice offers you the ownership of Acme." in session_of(bob).get(URL).text
        page = session_of(bob).post(accept, follow=True)

        assert "You are now an owner of Acme." in page.text
        owners = Membership.objects.filter(organization__schema_name="acme", role=Role.OWNER)
        assert [each.user for each in owners] == [bob]
