"""A user who becomes a member is one of the organization's people, and stays one."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from shared_apps.core.errors import DomainError
from shared_apps.organizations import services
from shared_apps.organizations.models import Membership, Organization
from shared_apps.organizations.roles import Role
from shared_apps.users.models import User
from shared_apps.users.services import user_deactivate
from tenantry.context import tenant_context
from tests.conftest import InThread, one_after_the_other, run_behind_a_lock

from .reading import people_of

NORA = {"nora@nowhere.example": "Nora"}


def by_service(user: User, organization: Organization) -> None:
    services.membership_create(user=user, organization=organization)


def by_bulk_create(user: User, organization: Organization) -> None:
    Membership.objects.bulk_create([Membership(user=user, organization=organization)])


def by_update(user: User, organization: Organization) -> None:
    User.objects.filter(name="Bob").update(organization=None)
    Membership.objects.filter(user__name="Bob").update(user=user)


def by_move(user: User, organization: Organization) -> None:
    other = Organization.objects.create(schema_name="initech", name="Initech")
    moved = Membership.objects.create(user=user, organization=other)
    User.objects.filter(pk=user.pk).update(organization=None)
    Membership.objects.filter(pk=moved.pk).update(organization=organization)


def by_admin(user: User, organization: Organization) -> None:
    staff = User.objects.create_superuser("root@tenantry.example", name="Root")
    browser = Client()
    browser.force_login(staff)
    form = {"user": user.pk, "organization": organization.pk, "role": "member"}
    url = "/admin/tenantry_organizations/membership/add/"
    assert browser.post(url, form).status_code == 302


def while_a_tenant_is_active(user: User, organization: Organization) -> None:
    with tenant_context("globex"):
        services.membership_create(user=user, organization=organization)
    assert user.organization == organization


@pytest.mark.parametrize(
    "join", [by_service, by_bulk_create, by_update, by_move, by_admin, while_a_tenant_is_active]
)
def test_a_new_member_is_one_of_the_people(
    nora: User,
    acme: Organization,
    globex: Organization,
    join: Callable[[User, Organization], None],
) -> None:
    before, others = people_of(acme), people_of(globex)

    join(nora, acme)

    assert people_of(acme) == before | NORA
    assert people_of(globex) == others


def test_the_owner_of_a_new_organization_is_one_of_its_people(nora: User) -> None:
    organization = services.organization_create(schema_name="initech", name="I", owner=nora)

    assert people_of(organization) == NORA


def test_a_member_who_leaves_stays_one_of_the_people(bob: User, acme: Organization) -> None:
    before = people_of(acme)

    services.membership_remove(membership=Membership.objects.get(user=bob))

    assert people_of(acme) == before


def joining(user: User, organization: Organization) -> Callable[[], object]:
    return lambda: Membership.objects.create(user=user, organization=organization)


def test_concurrent_memberships_do_not_block_each_other(
    in_thread: InThread, committed_organization: Organization
) -> None:
    name = committed_organization.schema_name
    users = in_thread(
        lambda: [
            User.objects.create_user(f"{n}.{name}@race.example", name=str(n)) for n in range(2)
        ]
    ).result()

    def join_while_another_joins() -> None:
        with transaction.atomic():
            joining(users[0], committed_organization)()
            in_thread(joining(users[1], committed_organization)).result(timeout=10)

    in_thread(join_while_another_joins).result()

    found = in_thread(lambda: people_of(committed_organization)).result()
    assert {"Racer", "0", "1"} == set(found.values())


@pytest.mark.parametrize("joins_first", [True, False])
def test_a_concurrent_new_name_is_not_lost(
    in_thread: InThread, committed_organization: Organization, joins_first: bool
) -> None:
    name = committed_organization.schema_name
    email = f"second.{name}@race.example"
    user = in_thread(lambda: User.objects.create_user(email, name="Before")).result()

    def rename() -> None:
        User.objects.filter(pk=user.pk).update(name="After")

    both = (joining(user, committed_organization), rename)
    one_after_the_other(in_thread, *(both if joins_first else both[::-1]))

    assert in_thread(lambda: people_of(committed_organization)).result()[email] == "After"


def test_two_memberships_of_a_user_at_the_same_time(
    in_thread: InThread, committed_organization: Organization
) -> None:
    email = f"second.{committed_organization.schema_name}@race.example"
    user = in_thread(lambda: User.objects.create_user(email, name="Second")).result()
    join = joining(user, committed_organization)

    def second() -> bool:
        try:
            join()
        except IntegrityError:
            return False
        return True

    assert run_behind_a_lock(in_thread, join, second, second) == [False, False]
    assert email in in_thread(lambda: people_of(committed_organization)).result()


def test_the_only_active_owner_is_kept_while_a_tenant_is_active(
    alice: User, carol: User, acme: Organization
) -> None:
    own, other = (Membership.objects.get(user=user) for user in (alice, carol))
    services.membership_change(membership=other, role=Role.OWNER)
    with tenant_context(acme):
        user_deactivate(user=carol)

        with pytest.raises(DomainError, match="only owner"):
            services.membership_remove(membership=own)


def test_a_membership_ends_while_another_tenant_is_active(bob: User, globex: Organization) -> None:
    membership = Membership.objects.get(user=bob)
    with tenant_context(globex):
        services.membership_remove(membership=membership)

    assert not Membership.objects.filter(user=bob).exists()
