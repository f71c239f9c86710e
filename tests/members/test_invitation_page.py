"""/invitations/<token>/: the link of the mail, for a visitor, the right and a wrong person."""

import pytest
from django.test import Client
from django.utils import timezone

from shared_apps.organizations.invitations import invitation_create
from shared_apps.organizations.models import Invitation, Organization
from shared_apps.organizations.roles import Role
from shared_apps.organizations.services import membership_create
from shared_apps.users.models import User
from tests.conftest import SessionOf
from tests.organizations.members import mailed_token, member

ACCEPT = "Accept the invitation"


@pytest.fixture
def url(acme: Organization, carol: User, nora: User) -> str:
    """The link that Carol had mailed to Nora."""
    invitation_create(organization=acme, email=nora.email, role=Role.MEMBER, actor=member(carol))
    return f"/invitations/{mailed_token()}/"


def test_a_visitor_sees_who_invites_where_and_can_sign_in(client: Client, url: str) -> None:
    page = client.get(url)

    assert page.status_code == 200
    assert "Carol invites you to work in <strong>Acme</strong>" in page.text
    assert f"/accounts/login/?next={url}" in page.text
    assert ACCEPT not in page.text
    for hidden in ("nora@", "carol@", "Alice", "Bob"):
        assert hidden not in page.text


def test_the_right_person_accepts_with_one_button(
    session_of: SessionOf, nora: User, url: str
) -> None:
    browser = session_of(nora)
    assert ACCEPT in browser.get(url).text
    assert not nora.memberships.exists()

    page = browser.post(url, follow=True)

    assert "Welcome to Acme." in page.text
    assert "<h1>Acme</h1>" in page.text
    assert nora.memberships.exists()


def test_somebody_of_another_organization_then_works_in_the_new_one(
    session_of: SessionOf, charlie: User, acme: Organization
) -> None:
    invitation_create(organization=acme, email=charlie.email, role=Role.MEMBER, actor=None)
    browser = session_of(charlie)

    browser.post(f"/invitations/{mailed_token()}/")

    assert browser.get("/api/me/").json()["organization"]["schema_name"] == "acme"


def test_another_person_sees_why_not(session_of: SessionOf, charlie: User, url: str) -> None:
    browser = session_of(charlie)

    page = browser.get(url)

    assert page.status_code == 403
    assert "You are signed in as charlie@globex.example" in page.text
    assert "Sign in with another account" in page.text
    assert ACCEPT not in page.text
    assert "nora" not in page.text
    assert browser.post(url).status_code == 403


@pytest.mark.parametrize("who", [None, "nora"])
def test_an_expired_one_says_whom_to_ask(
    request: pytest.FixtureRequest, session_of: SessionOf, client: Client, url: str, who: str | None
) -> None:
    Invitation.objects.update(expires_at=timezone.now())
    browser = session_of(request.getfixturevalue(who)) if who else client

    page = browser.get(url)

    assert page.status_code == 410
    assert "This invitation has expired. Ask Carol for another one." in page.text
    assert ACCEPT not in page.text


def test_a_used_or_invented_one_is_404(session_of: SessionOf, nora: User, url: str) -> None:
    browser = session_of(nora)
    browser.post(url)

    for each in (url, "/invitations/invented/"):
        page = browser.get(each)
        assert page.status_code == 404
        assert "ask for another invitation" in page.text


def test_a_member_already_is_told_so(
    session_of: SessionOf, nora: User, url: str, acme: Organization
) -> None:
    membership_create(user=nora, organization=acme)

    page = session_of(nora).get(url)

    assert page.status_code == 409
    assert "You are already a member of Acme." in page.text


def test_a_visitor_who_posts_is_asked_to_sign_in(client: Client, url: str) -> None:
    response = client.post(url)

    assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next={url}")
    assert Invitation.objects.exists()


def test_another_site_cannot_accept(session_of: SessionOf, nora: User, url: str) -> None:
    assert session_of(nora, csrf=True).post(url).status_code == 403
    assert not nora.memberships.exists()


def test_it_leads_to_the_second_factor_that_the_organization_requires(
    session_of: SessionOf, nora: User, url: str, acme: Organization
) -> None:
    Organization.objects.filter(pk=acme.pk).update(second_factor_required=True)

    page = session_of(nora).get(url)

    assert page.status_code == 403
    assert "Acme requires a second factor." in page.text
    assert 'href="/accounts/2fa/"' in page.text
    assert ACCEPT not in page.text


def test_the_secret_is_not_sent_to_other_sites(client: Client, url: str) -> None:
    assert client.get(url)["Referrer-Policy"] == "same-origin"


def test_an_address_that_staff_changed_must_be_verified_first(
    session_of: SessionOf, charlie: User, url: str, nora: User
) -> None:
    """Otherwise a user with a typo in the address could take another person's invitation."""
    User.objects.filter(pk=nora.pk).update(email="other@nowhere.example")
    User.objects.filter(pk=charlie.pk).update(email="nora@nowhere.example")

    browser = session_of(charlie)
    page = browser.get(url)

    assert browser.post(url).status_code == 403
    assert "Your address nora@nowhere.example is not verified." in page.text
    assert 'href="/accounts/email/"' in page.text
    assert "Sign in with another account" not in page.text
