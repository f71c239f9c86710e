"""Handing over an organization: offered by an owner, accepted by a member within 7 days."""

from collections.abc import Callable

import pytest
from django.core import mail
from django.utils import timezone

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations import services
from shared_apps.organizations.models import Membership, Organization, OwnershipOffer
from shared_apps.organizations.ownership import find_offer, ownership_accept, ownership_offer
from shared_apps.organizations.roles import Role
from shared_apps.testing.jobs import run_jobs
from shared_apps.users.models import User
from shared_apps.users.services import user_deactivate
from tests.conftest import InThread, one_after_the_other

from .members import error_of, member


def roles() -> dict[str, str]:
    found = Membership.objects.filter(organization__schema_name="acme")
    return dict(found.values_list("user__name", "role"))


@pytest.fixture
def offered(alice: User, bob: User) -> OwnershipOffer:
    """Alice has offered acme to bob."""
    return ownership_offer(membership=member(bob), actor=member(alice))


def test_who_accepts_becomes_owner_and_who_offered_admin(
    offered: OwnershipOffer, bob: User
) -> None:
    ownership_accept(actor=member(bob))

    assert roles() == {"Alice": "admin", "Bob": "owner", "Carol": "admin"}
    assert not OwnershipOffer.objects.exists()


def test_until_then_nothing_changes(offered: OwnershipOffer) -> None:
    assert roles() == {"Alice": "owner", "Bob": "member", "Carol": "admin"}


def test_the_mail_says_who_offers_what_and_until_when(offered: OwnershipOffer, bob: User) -> None:
    run_jobs()

    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == ([bob.email], "Become the owner of Acme")
    for part in ("Alice offers you", "https://tenantry.example/members/"):
        assert part in sent.body
    assert f"{offered.expires_at:%Y-%m-%d %H:%M} UTC" in sent.body


def test_both_acts_are_audited(offered: OwnershipOffer, alice: User, bob: User) -> None:
    ownership_accept(actor=member(bob))

    actions = AuditEntry.objects.filter(schema_name="acme").order_by("-pk")[:4]
    assert [(entry.action, entry.subject) for entry in reversed(actions)] == [
        ("ownership.offered", bob.email),
        ("ownership.accepted", bob.email),
        ("membership.changed", bob.email),
        ("membership.changed", alice.email),
    ]


class TestOffer:
    @pytest.mark.parametrize("by", ["bob", "carol"])
    def test_by_an_admin_or_a_member_is_403(
        self, request: pytest.FixtureRequest, carol: User, by: str
    ) -> None:
        actor = member(request.getfixturevalue(by))

        result = error_of(ownership_offer, membership=member(carol), actor=actor)

        assert result == ("permission_denied", 403)

    def test_to_an_owner_such_as_oneself_is_409(self, alice: User) -> None:
        result = error_of(ownership_offer, membership=member(alice), actor=member(alice))

        assert result == ("already_owner", 409)

    def test_to_a_deactivated_member_is_409(self, alice: User, bob: User) -> None:
        user_deactivate(user=bob)

        result = error_of(ownership_offer, membership=member(bob), actor=member(alice))

        assert result == ("user_deactivated", 409)

    def test_to_a_former_member_is_404(self, alice: User, bob: User) -> None:
        gone = member(bob)
        services.membership_remove(membership=member(bob))

        result = error_of(ownership_offer, membership=gone, actor=member(alice))

        assert result == ("not_found", 404)

    def test_replaces_an_earlier_one(
        self, offered: OwnershipOffer, alice: User, bob: User, carol: User
    ) -> None:
        ownership_offer(membership=member(carol), actor=member(alice))

        assert error_of(ownership_accept, actor=member(bob)) == ("not_found", 404)
        assert error_of(ownership_accept, actor=member(carol)) == ("done", 200)


class TestAccept:
    def test_without_an_offer_is_404(self, alice: User, bob: User) -> None:
        assert error_of(ownership_accept, actor=member(bob)) == ("not_found", 404)

    def test_by_another_member_is_404(self, offered: OwnershipOffer, carol: User) -> None:
        assert error_of(ownership_accept, actor=member(carol)) == ("not_found", 404)
        assert OwnershipOffer.objects.exists()

    def test_after_7_days_is_410(
        self, offered: OwnershipOffer, bob: User, acme: Organization
    ) -> None:
        assert (offered.expires_at - timezone.now()).days == 6
        OwnershipOffer.objects.update(expires_at=timezone.now())

        assert error_of(ownership_accept, actor=member(bob)) == ("offer_expired", 410)
        assert find_offer(acme) is None

    def test_when_the_owner_was_deactivated_is_410(
        self, offered: OwnershipOffer, alice: User, bob: User, carol: User
    ) -> None:
        services.membership_change(membership=member(carol), role=Role.OWNER)
        user_deactivate(user=alice)

        assert error_of(ownership_accept, actor=member(bob)) == ("offer_expired", 410)

    @pytest.mark.parametrize(
        "end",
        [
            lambda owner: services.membership_change(membership=owner, role=Role.ADMIN),
            lambda owner: services.membership_remove(membership=owner),
            lambda owner: owner.delete(),
        ],
        ids=["demoted", "removed", "deleted"],
    )
    def test_when_the_owner_is_no_longer_one_is_404(
        self,
        offered: OwnershipOffer,
        alice: User,
        bob: User,
        carol: User,
        end: Callable[[Membership], None],
    ) -> None:
        services.membership_change(membership=member(carol), role=Role.OWNER)
        end(member(alice))

        assert error_of(ownership_accept, actor=member(bob)) == ("not_found", 404)

    def test_of_somebody_who_became_an_owner_otherwise_demotes_no_one(
        self, offered: OwnershipOffer, bob: User
    ) -> None:
        services.membership_change(membership=member(bob), role=Role.OWNER)

        assert error_of(ownership_accept, actor=member(bob)) == ("not_found", 404)
        assert roles()["Alice"] == "owner"

    def test_only_one_of_two_concurrent_ones_succeeds(
        self, in_thread: InThread, committed_organization: Organization
    ) -> None:
        def prepare() -> Membership:
            owner = Membership.objects.select_related("user").get(
                organization=committed_organization
            )
            email = f"second.{committed_organization.schema_name}@race.example"
            second = services.membership_create(
                user=User.objects.create_user(email, name="Second"),
                organization=committed_organization,
            )
            ownership_offer(membership=second, actor=owner)
            return second

        second: Membership = in_thread(prepare).result()

        def accept() -> tuple[str, int]:
            return error_of(ownership_accept, actor=second)

        assert one_after_the_other(in_thread, accept, accept) == ("not_found", 404)
