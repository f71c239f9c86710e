"""Invitations that are sent again, revoked, or end by themselves."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.acceptance import invitation_accept
from shared_apps.organizations.invitations import (
    invitation_resend,
    invitation_revoke,
    invitations_clear,
)
from shared_apps.organizations.models import Invitation, Organization
from shared_apps.organizations.roles import Role
from shared_apps.testing.jobs import run_jobs
from shared_apps.users.models import User

from .members import error_of, invite, mailed_token, member


class TestResend:
    def test_the_new_link_works_and_the_old_one_stops(
        self, acme: Organization, carol: User, nora: User
    ) -> None:
        invitation = invite(acme, member(carol), nora.email)
        old = mailed_token()

        invitation_resend(invitation=invitation, actor=member(carol))
        new = mailed_token()

        assert error_of(invitation_accept, token=old, user=nora) == ("not_found", 404)
        assert error_of(invitation_accept, token=new, user=nora) == ("done", 200)

    def test_it_works_for_7_days_again_also_after_it_expired(
        self, acme: Organization, carol: User, nora: User
    ) -> None:
        invitation = invite(acme, member(carol), nora.email)
        Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))

        again = invitation_resend(invitation=invitation, actor=member(carol))

        assert timedelta(days=7) - (again.expires_at - timezone.now()) < timedelta(minutes=1)
        assert error_of(invitation_accept, token=mailed_token(), user=nora)[0] == "done"

    def test_the_one_who_sends_it_again_invites(
        self, acme: Organization, carol: User, alice: User
    ) -> None:
        invitation = invite(acme, member(carol))
        member(carol).delete()
        assert not Invitation.objects.exists()

        invitation = invite(acme, None)
        invitation_resend(invitation=invitation, actor=member(alice))

        assert Invitation.objects.get().inviter == member(alice)
        run_jobs()
        assert "Alice invites you" in mail.outbox[-1].body

    def test_an_admin_cannot_send_that_of_an_owner_again(
        self, acme: Organization, carol: User, alice: User
    ) -> None:
        invitation = invite(acme, member(alice), role=Role.OWNER)

        result = error_of(invitation_resend, invitation=invitation, actor=member(carol))

        assert result == ("permission_denied", 403)

    def test_one_that_ended_meanwhile_is_404(self, acme: Organization, carol: User) -> None:
        invitation = invite(acme, member(carol))
        Invitation.objects.all().delete()

        result = error_of(invitation_resend, invitation=invitation, actor=member(carol))

        assert result == ("not_found", 404)


class TestRevoke:
    def test_the_link_stops(self, acme: Organization, carol: User, nora: User) -> None:
        invitation = invite(acme, member(carol), nora.email)
        token = mailed_token()

        invitation_revoke(invitation=invitation, actor=member(carol))

        assert error_of(invitation_accept, token=token, user=nora) == ("not_found", 404)
        entry = AuditEntry.objects.latest("pk")
        assert (entry.action, entry.subject) == ("invitation.revoked", nora.email)

    @pytest.mark.parametrize(("by", "role"), [("bob", Role.MEMBER), ("carol", Role.OWNER)])
    def test_only_those_who_may_invite_may_revoke(
        self, acme: Organization, request: pytest.FixtureRequest, by: str, role: Role
    ) -> None:
        invitation = invite(acme, None, role=role)
        actor = member(request.getfixturevalue(by))

        result = error_of(invitation_revoke, invitation=invitation, actor=actor)

        assert result == ("permission_denied", 403)
        assert Invitation.objects.exists()

    def test_twice_is_404(self, acme: Organization, carol: User) -> None:
        invitation = invite(acme, member(carol))
        copy = Invitation.objects.get()
        invitation_revoke(invitation=copy, actor=member(carol))

        result = error_of(invitation_revoke, invitation=invitation, actor=member(carol))

        assert result == ("not_found", 404)


def test_sql_that_deletes_a_membership_ends_the_invitations_of_that_person(
    acme: Organization, carol: User
) -> None:
    invite(acme, member(carol))

    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM tenantry_organizations_membership WHERE id = %s", [member(carol).pk]
        )

    assert not Invitation.objects.exists()


@pytest.mark.parametrize(("days", "kept"), [(29, True), (31, False)])
def test_addresses_are_forgotten_30_days_after_the_end(
    acme: Organization, carol: User, days: int, kept: Any
) -> None:
    invite(acme, member(carol))
    Invitation.objects.update(expires_at=timezone.now() - timedelta(days=days))

    assert invitations_clear() == (not kept)
    assert Invitation.objects.exists() == kept
