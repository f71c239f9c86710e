"""Inviting: who may invite whom, and how many."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from pytest_django import Settings

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations import invitations, recipients
from shared_apps.organizations.invitations import (
    invitation_resend,
    invitation_revoke,
)
from shared_apps.organizations.models import Invitation, Organization
from shared_apps.organizations.roles import Role
from shared_apps.organizations.services import membership_change
from shared_apps.users.models import User
from shared_apps.users.services import user_deactivate
from tests.tokens import key_of

from .members import ADA, error_of, invite, member


class TestWho:
    @pytest.mark.parametrize(
        ("by", "role", "result"),
        [
            (Role.MEMBER, Role.MEMBER, ("permission_denied", 403)),
            (Role.ADMIN, Role.MEMBER, ("done", 200)),
            (Role.ADMIN, Role.ADMIN, ("done", 200)),
            (Role.ADMIN, Role.OWNER, ("permission_denied", 403)),
            (Role.OWNER, Role.OWNER, ("done", 200)),
        ],
    )
    def test_admins_invite_all_but_owners(
        self, acme: Organization, carol: User, by: Role, role: Role, result: tuple[str, int]
    ) -> None:
        carol.memberships.update(role=by)

        assert error_of(invite, organization=acme, actor=member(carol), role=role) == result
        assert Invitation.objects.exists() == (result[0] == "done")

    @pytest.mark.parametrize("role", [Role.MEMBER, Role.ADMIN])
    def test_a_key_of_the_organization_invites_as_its_role(
        self, acme: Organization, role: Role
    ) -> None:
        key, _ = key_of(acme, role=role)
        result = error_of(invite, organization=acme, actor=key)

        assert result[0] == ("done" if role == Role.ADMIN else "permission_denied")

    def test_the_role_counts_at_the_moment_of_the_change(
        self, acme: Organization, carol: User
    ) -> None:
        admin = member(carol)
        carol.memberships.update(role=Role.MEMBER)

        assert error_of(invite, organization=acme, actor=admin)[0] == "permission_denied"

    def test_a_former_member_cannot_invite(self, acme: Organization, carol: User) -> None:
        admin = member(carol)
        member(carol).delete()

        assert error_of(invite, organization=acme, actor=admin) == ("not_a_member", 403)

    def test_it_is_audited_with_the_address_and_the_role(
        self, acme: Organization, carol: User
    ) -> None:
        invite(acme, member(carol))

        entry = AuditEntry.objects.latest("pk")
        assert (entry.action, entry.schema_name, entry.subject, entry.data) == (
            "invitation.created",
            "acme",
            ADA,
            {"role": "member"},
        )


class TestWhom:
    @pytest.mark.parametrize(
        "email",
        ["bob@acme.example", "BOB@ACME.example", "bob@ＡＣＭＥ.example"],  # noqa: RUF001
    )
    def test_a_member_in_any_spelling_is_409(
        self, acme: Organization, carol: User, bob: User, email: str
    ) -> None:
        result = error_of(invite, organization=acme, actor=member(carol), email=email)

        assert result == ("already_member", 409)

    def test_a_member_with_a_domain_that_is_not_ascii_is_409_in_any_spelling(
        self, acme: Organization, carol: User, bob: User
    ) -> None:
        User.objects.filter(pk=bob.pk).update(email="bob@Bücher.example")

        for email in ("bob@bu\u0308cher.example", "bob@xn--bcher-kva.example"):
            result = error_of(invite, organization=acme, actor=member(carol), email=email)
            assert result == ("already_member", 409)

    def test_an_unusual_spelling_is_stored_in_one_that_is_found(
        self, acme: Organization, carol: User
    ) -> None:
        assert invite(acme, member(carol), "ada@\uff45xample。com").email == ADA

    def test_another_address_that_only_looks_alike_is_invited(
        self, acme: Organization, carol: User, bob: User
    ) -> None:
        User.objects.filter(pk=bob.pk).update(email="bob@bücher.example")

        assert invite(acme, member(carol), "bob@bucher.example").pk

    def test_oneself_is_409(self, acme: Organization, carol: User) -> None:
        result = error_of(invite, organization=acme, actor=member(carol), email=carol.email)

        assert result == ("already_member", 409)

    @pytest.mark.parametrize(
        ("first", "second"),
        [(ADA, ADA), (ADA, "ADA@Example.COM"), ("ada@bücher.example", "Ada@xn--bcher-kva.example")],
    )
    def test_who_was_invited_already_in_any_spelling_is_409(
        self, acme: Organization, carol: User, first: str, second: str
    ) -> None:
        invite(acme, member(carol), first)

        result = error_of(invite, organization=acme, actor=member(carol), email=second)

        assert result == ("already_invited", 409)
        assert Invitation.objects.get().email == first

    def test_the_same_address_can_be_invited_by_two_organizations(
        self, acme: Organization, globex: Organization
    ) -> None:
        invite(acme, None)
        invite(globex, None)

        assert Invitation.objects.count() == 2

    @pytest.mark.parametrize("days", [7, 8])
    def test_an_expired_invitation_does_not_prevent_a_new_one(
        self, acme: Organization, carol: User, days: int
    ) -> None:
        old = invite(acme, member(carol))
        Invitation.objects.update(expires_at=old.expires_at - timedelta(days=days))

        assert invite(acme, member(carol)).pk != old.pk
        assert Invitation.objects.count() == 1

    def test_an_invitation_of_a_former_admin_does_not_prevent_a_new_one(
        self, acme: Organization, carol: User, alice: User
    ) -> None:
        invite(acme, member(carol))
        membership_change(membership=member(carol), role=Role.MEMBER)

        assert invite(acme, member(alice)).inviter == member(alice)

    def test_a_deactivated_user_gets_the_same_result_as_an_unknown_address(
        self, acme: Organization, carol: User, nora: User
    ) -> None:
        """The result does not reveal it. They cannot sign in to accept."""
        user_deactivate(user=nora)

        assert invite(acme, member(carol), nora.email).pk

    def test_a_deactivated_member_is_a_member(
        self, acme: Organization, carol: User, bob: User
    ) -> None:
        user_deactivate(user=bob)

        result = error_of(invite, organization=acme, actor=member(carol), email=bob.email)

        assert result == ("already_member", 409)

    @pytest.mark.parametrize(
        "email",
        ["", "ada", "ada@", "a b@example.com", '"ada"@example.com', "ada@a@b.example",
         "ädå@example.com", "ada@example.com\nBcc: eve@example.com", f"{'a' * 300}@example.com",
         "ａda@example.com"],  # noqa: RUF001
    )  # fmt: skip
    def test_an_address_that_mail_cannot_reach_is_an_error_of_the_field(
        self, acme: Organization, carol: User, email: str
    ) -> None:
        with pytest.raises(ValidationError) as raised:
            invite(acme, member(carol), email)

        assert raised.value.message_dict.keys() == {"email"}
        assert not Invitation.objects.exists()

    def test_with_closed_sign_up_an_unknown_address_is_an_error_of_the_field(
        self, acme: Organization, carol: User, nora: User, settings: Settings
    ) -> None:
        settings.SIGN_UP = "closed"

        with pytest.raises(ValidationError) as raised:
            invite(acme, member(carol))

        assert raised.value.message_dict.keys() == {"email"}
        assert invite(acme, member(carol), nora.email.upper()).pk

    def test_too_many_that_wait_are_409(
        self, acme: Organization, carol: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(invitations, "MAX_LIVE", 2)
        invite(acme, member(carol), "a@example.com")
        invite(acme, member(carol), "b@example.com")

        result = error_of(invite, organization=acme, actor=member(carol), email="c@example.com")

        assert result == ("too_many_invitations", 409)


class TestHowMany:
    """To one address in a day, whatever becomes of the invitations."""

    @pytest.fixture(autouse=True)
    def _few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(recipients, "MAX_A_DAY", 2)

    def test_revoking_and_another_spelling_do_not_reset_the_number(
        self, acme: Organization, globex: Organization, carol: User, charlie: User
    ) -> None:
        for email in ("ada@bücher.example", "ADA@xn--bcher-kva.example"):
            invitation_revoke(invitation=invite(acme, member(carol), email), actor=member(carol))

        third = {"email": "Ada@Bücher.example", "actor": member(carol)}
        assert error_of(invite, organization=acme, **third) == ("throttled", 429)
        invite(acme, member(carol))
        invite(globex, member(charlie, "globex"), "ada@bücher.example")

    def test_sending_again_counts_except_for_staff(self, acme: Organization, carol: User) -> None:
        invitation = invite(acme, member(carol))
        again = {"invitation": invitation, "actor": member(carol)}

        assert error_of(invitation_resend, **again) == ("done", 200)
        assert error_of(invitation_resend, **again) == ("throttled", 429)
        assert error_of(invitation_resend, invitation=invitation, actor=None) == ("done", 200)
