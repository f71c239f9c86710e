"""An organization always has an active owner."""

from collections.abc import Callable
from copy import copy
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.test import Client
from pytest_django import Settings

from shared_apps.core.errors import DomainError
from shared_apps.organizations import services
from shared_apps.organizations.founding import organization_found
from shared_apps.organizations.models import Membership, Organization
from shared_apps.organizations.roles import Role
from shared_apps.users.models import User
from shared_apps.users.services import user_deactivate
from tests.conftest import InThread, one_after_the_other

MEMBERSHIPS, USERS = "/admin/tenantry_organizations/membership/", "/admin/tenantry_users/user/"


def demote(membership: Membership) -> None:
    services.membership_change(membership=membership, role=Role.ADMIN)


def remove(membership: Membership) -> None:
    services.membership_remove(membership=membership)


def deactivate(membership: Membership) -> None:
    user_deactivate(user=membership.user)


def owners(organization: Organization) -> list[str]:
    found = Membership.objects.filter(
        organization=organization, role=Role.OWNER, user__is_active=True
    )
    return [membership.user.name for membership in found.order_by("pk")]


@pytest.fixture
def ownership(alice: User) -> Membership:
    """The membership of Alice, the only owner of acme."""
    return Membership.objects.get(user=alice)


@pytest.fixture
def operator(db: None) -> Client:
    user = User.objects.create_user("olga@tenantry.example", name="Olga", is_staff=True)
    user.groups.add(Group.objects.get(name="Tenantry operator"))
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.mark.parametrize("act", [demote, remove, deactivate])
class TestServices:
    def test_the_last_owner_cannot_leave(
        self, ownership: Membership, acme: Organization, act: Callable[[Membership], None]
    ) -> None:
        with pytest.raises(DomainError, match="only owner of Acme") as raised:
            act(ownership)

        assert (raised.value.code, raised.value.status) == ("last_owner", 409)
        assert owners(acme) == ["Alice"]

    def test_a_deactivated_owner_does_not_count(
        self, ownership: Membership, carol: User, act: Callable[[Membership], None]
    ) -> None:
        Membership.objects.filter(user=carol).update(role=Role.OWNER)
        User.objects.filter(pk=carol.pk).update(is_active=False)

        with pytest.raises(DomainError, match="only owner"):
            act(ownership)

    def test_one_of_two_owners_can_leave(
        self,
        ownership: Membership,
        carol: User,
        acme: Organization,
        act: Callable[[Membership], None],
    ) -> None:
        demoted = Membership.objects.get(user=carol)
        services.membership_change(membership=demoted, role=Role.OWNER)

        act(ownership)

        assert owners(acme) == ["Carol"]

    def test_one_owner_stays_when_two_leave_concurrently(
        self,
        in_thread: InThread,
        committed_organization: Organization,
        act: Callable[[Membership], None],
    ) -> None:
        def prepare() -> list[Membership]:
            email = f"second.{committed_organization.schema_name}@race.example"
            services.membership_create(
                user=User.objects.create_user(email, name="Second"),
                organization=committed_organization,
                role=Role.OWNER,
            )
            memberships = Membership.objects.filter(organization=committed_organization)
            return list(memberships.select_related("user").order_by("pk"))

        def second() -> str:
            try:
                act(last)
            except DomainError as error:
                return error.code
            return "done"

        first, last = in_thread(prepare).result()

        assert one_after_the_other(in_thread, lambda: act(first), second) == "last_owner"
        assert in_thread(lambda: owners(committed_organization)).result() == ["Second"]


def test_the_error_names_all_organizations_that_would_have_no_owner(
    alice: User, globex: Organization
) -> None:
    Membership.objects.filter(organization=globex).delete()
    services.membership_create(user=alice, organization=globex, role=Role.OWNER)

    with pytest.raises(DomainError, match="only owner of Acme and Globex"):
        user_deactivate(user=alice)


class TestDeactivatedMeanwhile:
    """A user who is being deactivated while they become an owner."""

    @pytest.fixture
    def founder(self, in_thread: InThread, committed_organization: Organization) -> User:
        email = f"founder.{committed_organization.schema_name}@race.example"
        create = partial(User.objects.create_user, email, name="Founder")
        founder: User = in_thread(create).result()
        return founder

    @pytest.fixture
    def create(self, founder: User, committed_organization: Organization) -> Callable[[], str]:
        def create() -> str:
            name = f"{committed_organization.schema_name}_2"
            try:
                services.organization_create(schema_name=name, name="Second", owner=founder)
            except ValidationError as error:
                return error.messages[0]
            return "created"

        return create

    def test_they_cannot_own_a_new_organization(
        self,
        in_thread: InThread,
        founder: User,
        committed_organization: Organization,
        create: Callable[[], str],
    ) -> None:
        result = one_after_the_other(in_thread, lambda: user_deactivate(user=copy(founder)), create)

        assert result == "A deactivated user cannot own an organization."
        created = Organization.objects.filter(schema_name=f"{committed_organization.schema_name}_2")
        assert not in_thread(created.exists).result()

    def test_a_person_cannot_found_one(
        self, in_thread: InThread, founder: User, settings: Settings
    ) -> None:
        settings.SIGN_UP = "open"
        name = f"{founder.email.split('@')[0].removeprefix('founder.')}_3"

        def found() -> str:
            try:
                organization_found(user=founder, name="Third", schema_name=name)
            except DomainError as error:
                return error.code
            return "created"

        result = one_after_the_other(in_thread, lambda: user_deactivate(user=copy(founder)), found)

        assert result == "user_deactivated"

    def test_the_owner_of_an_organization_that_was_just_created_stays_active(
        self, in_thread: InThread, founder: User, create: Callable[[], str]
    ) -> None:
        def deactivate() -> str:
            try:
                user_deactivate(user=copy(founder))
            except DomainError as error:
                return error.code
            return "deactivated"

        assert one_after_the_other(in_thread, create, deactivate) == "last_owner"


class TestAdmin:
    @pytest.mark.parametrize(
        ("url", "form"),
        [
            (MEMBERSHIPS + "{membership}/change/", {"role": "member"}),
            (MEMBERSHIPS + "{membership}/delete/", {"post": "yes"}),
            (MEMBERSHIPS, {"action": "delete_selected", "post": "yes"}),
            (
                USERS,
                {"action": "deactivate", "confirmed": "yes", "_selected_action": "{user}"},
            ),
        ],
        ids=["demoted", "removed", "removed by the action", "deactivated"],
    )
    def test_staff_cannot_remove_the_last_owner_and_see_the_error(
        self,
        operator: Client,
        ownership: Membership,
        acme: Organization,
        bob: User,
        url: str,
        form: dict[str, Any],
    ) -> None:
        others = Membership.objects.filter(organization=acme).values_list("pk", flat=True)
        keys = {"membership": ownership.pk, "user": ownership.user_id}
        chosen = {"_selected_action": list(others)} | {
            name: value.format(**keys) for name, value in form.items()
        }
        page = operator.post(url.format(**keys), chosen, follow=True)

        assert "is the only owner of Acme" in page.text
        assert owners(acme) == ["Alice"]
        assert Membership.objects.filter(organization=acme).count() == 3

    def test_a_user_s_organization_must_be_one_of_their_memberships(
        self, operator: Client, alice: User, globex: Organization
    ) -> None:
        form = {
            "email": alice.email,
            "name": alice.name,
            "is_active": "on",
            "organization": globex.pk,
            "memberships-TOTAL_FORMS": "0",
            "memberships-INITIAL_FORMS": "0",
        }

        page = operator.post(f"{USERS}{alice.pk}/change/", form)

        assert "Select a valid choice" in page.text
        alice.refresh_from_db()
        assert alice.organization == Organization.objects.get(schema_name="acme")
