"""Changing and removing members: what admins, owners and the member may do, and what ends."""

from collections.abc import Callable
from typing import Any

import pytest

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations import services
from shared_apps.organizations.invitations import invitation_create
from shared_apps.organizations.models import Invitation, Membership, Organization
from shared_apps.organizations.roles import Role
from shared_apps.users.models import ApiToken, User
from shared_apps.users.services import token_issue
from tests.conftest import ClientOf, InThread, one_after_the_other
from tests.tokens import key_of

from .members import error_of, member

DENIED = ("permission_denied", 403)
DONE = ("done", 200)


@pytest.fixture
def people(alice: User, bob: User, carol: User, nora: User, acme: Organization) -> dict[str, User]:
    """One member of each role, and a second owner and admin."""
    services.membership_create(user=nora, organization=acme, role=Role.OWNER)
    return {"owner": alice, "admin": carol, "member": bob, "second owner": nora}


class TestChange:
    @pytest.mark.parametrize(
        ("by", "whom", "role", "result"),
        [
            ("member", "member", Role.ADMIN, DENIED),
            ("member", "admin", Role.MEMBER, DENIED),
            ("member", "owner", Role.MEMBER, DENIED),
            ("admin", "member", Role.ADMIN, DONE),
            ("admin", "admin", Role.MEMBER, DONE),
            ("admin", "member", Role.OWNER, DENIED),
            ("admin", "admin", Role.OWNER, DENIED),
            ("admin", "owner", Role.ADMIN, DENIED),
            ("owner", "member", Role.OWNER, DONE),
            ("owner", "admin", Role.MEMBER, DONE),
            ("owner", "second owner", Role.MEMBER, DONE),
            ("owner", "owner", Role.ADMIN, DONE),
        ],
    )
    def test_admins_change_all_but_owners(
        self, people: dict[str, User], by: str, whom: str, role: Role, result: tuple[str, int]
    ) -> None:
        before = member(people[whom]).role

        done = error_of(
            services.membership_change,
            membership=member(people[whom]),
            role=role,
            actor=member(people[by]),
        )

        assert done == result
        assert member(people[whom]).role == (role if result == DONE else before)

    def test_the_role_before_counts_at_the_moment_of_the_change(
        self, people: dict[str, User]
    ) -> None:
        """Bob was read as a member, and is an owner now."""
        bob = member(people["member"])
        people["member"].memberships.update(role=Role.OWNER)

        result = error_of(
            services.membership_change,
            membership=bob,
            role=Role.ADMIN,
            actor=member(people["admin"]),
        )

        assert result == DENIED

    def test_a_former_member_is_404(self, people: dict[str, User]) -> None:
        bob = member(people["member"])
        member(people["member"]).delete()

        result = error_of(services.membership_change, membership=bob, role=Role.ADMIN)

        assert result == ("not_found", 404)

    def test_the_same_role_is_not_audited(self, people: dict[str, User]) -> None:
        entries = AuditEntry.objects.count()

        services.membership_change(membership=member(people["member"]), role=Role.MEMBER)

        assert AuditEntry.objects.count() == entries


class TestRemove:
    @pytest.mark.parametrize(
        ("by", "whom", "result"),
        [
            ("member", "member", DONE),
            ("admin", "admin", DONE),
            ("owner", "owner", DONE),
            ("member", "admin", DENIED),
            ("member", "owner", DENIED),
            ("admin", "member", DONE),
            ("admin", "owner", DENIED),
            ("owner", "admin", DONE),
            ("owner", "second owner", DONE),
        ],
    )
    def test_everyone_may_leave_and_admins_remove_all_but_owners(
        self, people: dict[str, User], by: str, whom: str, result: tuple[str, int]
    ) -> None:
        done = error_of(
            services.membership_remove,
            membership=member(people[whom]),
            actor=member(people[by]),
        )

        assert done == result
        assert people[whom].memberships.exists() == (result != DONE)

    def test_a_key_of_an_admin_s_role_removes_members_but_no_owner(
        self, acme: Organization, people: dict[str, User]
    ) -> None:
        key, _ = key_of(acme)
        results = [
            error_of(services.membership_remove, membership=member(people[whom]), actor=key)
            for whom in ("member", "owner")
        ]

        assert results == [DONE, DENIED]

    def test_twice_is_404(self, people: dict[str, User]) -> None:
        bob = member(people["member"])
        services.membership_remove(membership=member(people["member"]))

        assert error_of(services.membership_remove, membership=bob) == ("not_found", 404)

    def test_the_last_owner_cannot_leave(self, alice: User) -> None:
        result = error_of(services.membership_remove, membership=member(alice), actor=member(alice))

        assert result == ("last_owner", 409)


class TestWhatEnds:
    def test_the_tokens_for_this_organization_and_no_other(
        self, acme: Organization, globex: Organization, bob: User, client_of: ClientOf
    ) -> None:
        services.membership_create(user=bob, organization=globex)
        token_issue(user=bob, organization=acme)
        token_issue(user=bob, organization=globex)
        client = client_of(bob, acme)

        services.membership_remove(membership=member(bob))

        assert [token.organization for token in ApiToken.objects.filter(user=bob)] == [globex]
        assert client.get("/api/items/").status_code == 401
        entries = AuditEntry.objects.filter(action="token.revoked", schema_name="acme")
        assert {entry.reason for entry in entries} == {f"{bob.email} is no longer a member."}

    def test_the_invitations_that_they_made_here_and_no_other(
        self, acme: Organization, globex: Organization, alice: User, carol: User
    ) -> None:
        services.membership_create(user=carol, organization=globex, role=Role.ADMIN)
        for organization, actor, email in (
            (acme, member(carol), "one@example.com"),
            (acme, member(alice), "two@example.com"),
            (globex, member(carol, "globex"), "three@example.com"),
        ):
            invitation_create(organization=organization, email=email, role=Role.MEMBER, actor=actor)

        services.membership_remove(membership=member(carol))

        left = Invitation.objects.values_list("email", flat=True)
        assert set(left) == {"two@example.com", "three@example.com"}


class TestConcurrent:
    @pytest.fixture
    def pair(
        self, in_thread: InThread, committed_organization: Organization
    ) -> tuple[Membership, Membership]:
        """The owner and an admin of a committed organization."""

        def prepare() -> tuple[Membership, Membership]:
            email = f"second.{committed_organization.schema_name}@race.example"
            services.membership_create(
                user=User.objects.create_user(email, name="Second"),
                organization=committed_organization,
                role=Role.ADMIN,
            )
            found = Membership.objects.filter(organization=committed_organization)
            first, second = found.select_related("user", "organization").order_by("pk")
            return first, second

        created: tuple[Membership, Membership] = in_thread(prepare).result()
        return created

    @pytest.mark.parametrize(
        ("act", "result"),
        [
            (
                lambda owner, admin: services.membership_change(
                    membership=admin, role=Role.MEMBER, actor=owner
                ),
                "permission_denied",
            ),
            (
                lambda owner, admin: services.membership_remove(membership=admin, actor=owner),
                "not_a_member",
            ),
        ],
        ids=["demoted", "removed"],
    )
    def test_an_admin_who_is_demoted_or_removed_meanwhile_can_no_longer_invite(
        self,
        in_thread: InThread,
        pair: tuple[Membership, Membership],
        act: Callable[[Membership, Membership], Any],
        result: str,
    ) -> None:
        owner, admin = pair

        def invite() -> tuple[str, int]:
            return error_of(
                invitation_create,
                organization=admin.organization,
                email="ada@example.com",
                role=Role.MEMBER,
                actor=admin,
            )

        done = one_after_the_other(in_thread, lambda: act(owner, admin), invite)

        assert done == (result, 403)
