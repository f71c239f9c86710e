"""Accepting an invitation: only its address may, once, while the inviter may invite."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations import services
from shared_apps.organizations.acceptance import invitation_accept
from shared_apps.organizations.invitations import (
    invitation_create,
    invitation_revoke,
)
from shared_apps.organizations.models import Invitation, Membership, Organization
from shared_apps.organizations.roles import Role
from shared_apps.users.models import User
from shared_apps.users.services import user_deactivate
from shared_apps.users.token_form import token_digest
from shared_apps.users.verification import mark_verified
from tests.conftest import InThread, one_after_the_other

from .members import error_of, mailed_token, member


def invited(
    organization: Organization,
    actor: Membership | None,
    email: str = "nora@nowhere.example",
    role: Role = Role.MEMBER,
) -> str:
    """Invite an address, and return the token of the mail."""
    invitation_create(organization=organization, email=email, role=role, actor=actor)
    return mailed_token()


def test_it_makes_the_membership_with_the_role_and_ends_the_invitation(
    acme: Organization, carol: User, nora: User
) -> None:
    token = invited(acme, member(carol), role=Role.ADMIN)

    membership = invitation_accept(token=token, user=nora)

    assert (membership.user, membership.role) == (nora, "admin")
    assert member(nora) == membership
    assert not Invitation.objects.exists()
    nora.refresh_from_db()
    assert nora.organization == acme


def test_it_is_audited_with_who_invited(acme: Organization, carol: User, nora: User) -> None:
    invitation_accept(token=invited(acme, member(carol)), user=nora)

    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.actor, entry.schema_name) == (
        "invitation.accepted",
        nora.email,
        "acme",
    )
    assert entry.data == {"role": "member", "invited_by": carol.email}
    assert AuditEntry.objects.filter(action="membership.created", subject=nora.email).exists()


def test_a_second_time_is_404(acme: Organization, nora: User) -> None:
    token = invited(acme, None)
    invitation_accept(token=token, user=nora)

    assert error_of(invitation_accept, token=token, user=nora) == ("not_found", 404)


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "\ud800"])
def test_an_unknown_token_is_404(nora: User, token: str) -> None:
    assert error_of(invitation_accept, token=token, user=nora) == ("not_found", 404)


def test_another_user_is_403_and_the_invitation_stays(
    acme: Organization, carol: User, charlie: User, nora: User
) -> None:
    token = invited(acme, member(carol))

    assert error_of(invitation_accept, token=token, user=charlie) == ("invitation_not_yours", 403)
    assert error_of(invitation_accept, token=token, user=nora) == ("done", 200)


@pytest.mark.parametrize(
    ("invited_as", "account"),
    [
        ("Nora@NOWHERE.example", "nora@nowhere.example"),
        ("nora@xn--bcher-kva.example", "nora@Bücher.example"),
        ("nora@bu\u0308cher.example", "nora@bücher.example"),
    ],
)
def test_the_same_address_in_another_spelling_may_accept(
    acme: Organization, nora: User, invited_as: str, account: str
) -> None:
    User.objects.filter(pk=nora.pk).update(email=account)
    mark_verified(nora)
    nora.refresh_from_db()

    token = invited(acme, None, invited_as)

    assert error_of(invitation_accept, token=token, user=nora) == ("done", 200)


@pytest.mark.parametrize(
    ("invited_as", "account"),
    [
        ("nora@bücher.example", "nora@bucher.example"),
        ("sam@nowhere.example", "\u017fam@nowhere.example"),  # Long s, an s for casefold().
        ("kim@nowhere.example", "\u212aim@nowhere.example"),  # The sign of Kelvin, a k.
    ],
)
def test_another_address_that_looks_alike_may_not(
    acme: Organization, nora: User, invited_as: str, account: str
) -> None:
    User.objects.filter(pk=nora.pk).update(email=account)
    mark_verified(nora)
    nora.refresh_from_db()

    token = invited(acme, None, invited_as)

    assert error_of(invitation_accept, token=token, user=nora) == ("invitation_not_yours", 403)


def test_after_7_days_it_is_410(acme: Organization, nora: User) -> None:
    token = invited(acme, None)
    invitation = Invitation.objects.get()
    assert (invitation.expires_at - timezone.now()).days == 6
    Invitation.objects.update(expires_at=timezone.now())

    assert error_of(invitation_accept, token=token, user=nora) == ("invitation_expired", 410)
    assert not nora.memberships.exists()


def demote(inviter: Membership) -> None:
    services.membership_change(membership=inviter, role=Role.MEMBER)


def deactivate(inviter: Membership) -> None:
    user_deactivate(user=inviter.user)


@pytest.mark.parametrize("end", [demote, deactivate])
def test_when_the_inviter_may_no_longer_invite_it_is_410(
    acme: Organization, carol: User, nora: User, end: Callable[[Membership], None]
) -> None:
    token = invited(acme, member(carol))
    end(member(carol))

    assert error_of(invitation_accept, token=token, user=nora) == ("invitation_expired", 410)


def test_when_the_inviter_is_removed_it_is_404(acme: Organization, carol: User, nora: User) -> None:
    token = invited(acme, member(carol))
    services.membership_remove(membership=member(carol))

    assert error_of(invitation_accept, token=token, user=nora) == ("not_found", 404)
    entry = AuditEntry.objects.get(schema_name="acme", action="invitation.revoked")
    assert (entry.subject, entry.reason) == (nora.email, f"{carol.email} is no longer a member.")


def test_an_owner_s_invitation_of_an_owner_ends_when_they_become_an_admin(
    acme: Organization, alice: User, carol: User, nora: User
) -> None:
    services.membership_change(membership=member(carol), role=Role.OWNER)
    token = invited(acme, member(carol), role=Role.OWNER)
    services.membership_change(membership=member(carol), role=Role.ADMIN)

    assert error_of(invitation_accept, token=token, user=nora) == ("invitation_expired", 410)


def test_a_member_already_is_409(acme: Organization, nora: User) -> None:
    token = invited(acme, None)
    services.membership_create(user=nora, organization=acme)

    assert error_of(invitation_accept, token=token, user=nora) == ("already_member", 409)


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (services.organization_suspend, "organization_suspended"),
        (services.organization_archive, "organization_archived"),
    ],
)
def test_an_organization_that_is_not_active_is_403(
    acme: Organization, nora: User, end: Callable[..., Organization], code: str
) -> None:
    token = invited(acme, None)
    end(organization=acme)

    assert error_of(invitation_accept, token=token, user=nora) == (code, 403)
    assert not nora.memberships.exists()


class TestConcurrent:
    @pytest.fixture
    def link(self, in_thread: InThread, committed_organization: Organization) -> tuple[str, User]:
        """A committed invitation's token, and the invited user."""

        def prepare() -> tuple[str, User]:
            email = f"invited.{committed_organization.schema_name}@race.example"
            Invitation.objects.create(
                organization=committed_organization,
                email=email,
                email_key=email,
                token_digest=token_digest(email),
                expires_at=timezone.now() + timedelta(days=7),
            )
            return email, User.objects.create_user(email, name="Invited")

        created: tuple[str, User] = in_thread(prepare).result()
        return created

    def test_only_one_of_two_accepts_succeeds(
        self, in_thread: InThread, link: tuple[str, User]
    ) -> None:
        token, user = link

        def accept() -> tuple[str, int]:
            return error_of(invitation_accept, token=token, user=user)

        assert one_after_the_other(in_thread, accept, accept) == ("not_found", 404)

    def test_a_person_who_is_deactivated_meanwhile_does_not_join(
        self, in_thread: InThread, link: tuple[str, User]
    ) -> None:
        token, user = link

        def accept() -> tuple[str, int]:
            return error_of(invitation_accept, token=token, user=user)

        behind = one_after_the_other(in_thread, lambda: user_deactivate(user=user), accept)

        assert behind == ("user_deactivated", 403)
        assert not in_thread(user.memberships.exists).result()

    def test_a_person_whose_address_is_changed_meanwhile_does_not_join(
        self, in_thread: InThread, link: tuple[str, User]
    ) -> None:
        token, user = link

        def change() -> None:
            User.objects.filter(pk=user.pk).update(email=f"other.{user.email}")

        def accept() -> tuple[str, int]:
            return error_of(invitation_accept, token=token, user=user)

        assert one_after_the_other(in_thread, change, accept) == ("invitation_not_yours", 403)
        assert not in_thread(user.memberships.exists).result()

    def test_an_invitation_that_is_revoked_meanwhile_is_404(
        self, in_thread: InThread, link: tuple[str, User]
    ) -> None:
        token, user = link

        def revoke() -> None:
            invitation_revoke(invitation=Invitation.objects.get(email=user.email), actor=None)

        def accept() -> tuple[str, int]:
            return error_of(invitation_accept, token=token, user=user)

        assert one_after_the_other(in_thread, revoke, accept) == ("not_found", 404)
