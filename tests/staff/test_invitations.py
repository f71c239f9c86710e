"""Invitations in the admin."""

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.invitations import invitation_create
from shared_apps.organizations.models import Invitation, Organization
from shared_apps.organizations.roles import Role
from shared_apps.testing.jobs import run_jobs
from shared_apps.users.models import User

from .conftest import BrowserOf

INVITATIONS = "/admin/tenantry_organizations/invitation/"


@pytest.fixture
def olgas(browser_of: BrowserOf, olga: User) -> Client:
    """The browser of an operator."""
    return browser_of(olga)


@pytest.fixture
def invite(olgas: Client, acme: Organization) -> Any:
    """Invite an address in the admin; return the response."""

    def invite(email: str) -> Any:
        form = {"organization": acme.pk, "email": email, "role": "admin"}
        response = olgas.post(f"{INVITATIONS}add/", form)
        run_jobs()
        return response

    return invite


def link() -> str:
    """Return the link of the newest mail."""
    found = re.search(r"https?://\S+/invitations/\S+/", str(mail.outbox[-1].body))
    assert found
    return found[0]


def test_an_operator_invites_and_the_address_gets_a_link(invite: Any, acme: Organization) -> None:
    assert invite("new@acme.example").status_code == 302

    invitation = Invitation.objects.get(email="new@acme.example")
    assert (invitation.role, invitation.inviter, invitation.organization) == ("admin", None, acme)
    assert mail.outbox[-1].to == ["new@acme.example"]
    assert AuditEntry.objects.latest("pk").action == "invitation.created"


def test_a_member_cannot_be_invited_again(invite: Any, olgas: Client, bob: User) -> None:
    shown = olgas.get(invite(bob.email.upper()).url)

    assert "is already a member" in shown.content.decode()
    assert not Invitation.objects.exists()


def test_sending_again_replaces_the_link(invite: Any, olgas: Client) -> None:
    invite("new@acme.example")
    before = link()

    chosen = {"action": "resend", "_selected_action": Invitation.objects.get().pk}
    olgas.post(INVITATIONS, chosen)
    run_jobs()

    assert link() != before


def test_deleting_an_invitation_revokes_it(invite: Any, olgas: Client) -> None:
    invite("new@acme.example")

    olgas.post(f"{INVITATIONS}{Invitation.objects.get().pk}/delete/", {"post": "yes"})

    assert not Invitation.objects.exists()
    assert AuditEntry.objects.latest("pk").action == "invitation.revoked"


def test_the_hash_of_a_link_cannot_be_guessed_letter_by_letter(
    invite: Any, browser_of: BrowserOf, root: User
) -> None:
    invite("new@acme.example")
    digest = Invitation.objects.get().token_digest

    response = browser_of(root).get(INVITATIONS, {"token_digest__startswith": digest[:1]})

    assert response.status_code == 400


@pytest.mark.parametrize(
    ("form", "entry"),
    [
        ({"action": "resend"}, "invitation.resent"),
        ({"action": "delete_selected", "post": "yes"}, "invitation.revoked"),
    ],
)
def test_several_are_changed_in_the_order_of_organizations(
    olgas: Client, acme: Organization, globex: Organization, form: dict[str, str], entry: str
) -> None:
    """Each change locks its organization; in another order, two could wait for each other."""
    created = [
        invitation_create(
            organization=organization, email="new@x.example", role=Role.MEMBER, actor=None
        )
        for organization in (acme, globex)
    ]
    chosen = [invitation.pk for invitation in created]

    olgas.post(f"{INVITATIONS}?o=-2", {**form, "_selected_action": chosen})

    changed = AuditEntry.objects.filter(action=entry, subject="new@x.example").order_by("pk")
    assert list(changed.values_list("schema_name", flat=True)) == ["acme", "globex"]
