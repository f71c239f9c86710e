"""PostgreSQL sets a user's own organization to one of their memberships, or to none."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.db import IntegrityError, connection, transaction
from rest_framework.test import APIClient

from shared_apps.organizations import services
from shared_apps.organizations.models import Membership, Organization
from shared_apps.testing import PASSWORD
from shared_apps.users.models import User
from tests.conftest import InThread, SessionOf, one_after_the_other

Status = Organization.Status


def landing(user: User) -> str | None:
    user.refresh_from_db()
    return user.organization and user.organization.schema_name


def by_service(membership: Membership) -> None:
    services.membership_remove(membership=membership)


def by_queryset(membership: Membership) -> None:
    Membership.objects.filter(pk=membership.pk).delete()


def by_sql(membership: Membership) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM tenantry_organizations_membership WHERE id = %s", [membership.pk]
        )


@pytest.fixture
def initech(db: None) -> Organization:
    return Organization.objects.create(schema_name="initech", name="Initech")


class TestChanges:
    @pytest.mark.parametrize("remove", [by_service, by_queryset, by_sql])
    def test_a_user_who_changes_organizations_can_sign_in_and_work(
        self, bob: User, globex: Organization, remove: Callable[[Membership], None]
    ) -> None:
        remove(Membership.objects.get(user=bob))
        services.membership_create(user=bob, organization=globex)

        client = APIClient()
        body = client.post("/api/auth/token/", {"email": bob.email, "password": PASSWORD}).json()
        client.credentials(HTTP_AUTHORIZATION=f"Token {body['token']}")

        assert body["organization"]["schema_name"] == "globex"
        assert client.get("/api/items/").status_code == 200

    @pytest.mark.parametrize("remove", [by_service, by_queryset, by_sql])
    def test_the_oldest_usable_membership_replaces_one_that_ends(
        self,
        bob: User,
        globex: Organization,
        initech: Organization,
        remove: Callable[[Membership], None],
    ) -> None:
        own = Membership.objects.get(user=bob)
        umbrella = Organization.objects.create(schema_name="umbrella", name="Umbrella")
        for organization in (initech, globex, umbrella):
            Membership.objects.create(user=bob, organization=organization)
        Organization.objects.filter(pk=initech.pk).update(status=Status.SUSPENDED)

        remove(own)

        assert landing(bob) == "globex"

    @pytest.mark.parametrize("has_factor", [False, True], ids=["without one", "with one"])
    def test_one_that_requires_a_second_factor_is_for_users_who_have_one(
        self, bob: User, globex: Organization, initech: Organization, has_factor: bool
    ) -> None:
        own = Membership.objects.get(user=bob)
        for organization in (initech, globex):
            Membership.objects.create(user=bob, organization=organization)
        Organization.objects.filter(pk=initech.pk).update(second_factor_required=True)
        if has_factor:
            TOTP.activate(bob, "JBSWY3DPEHPK3PXP")

        by_service(own)

        assert landing(bob) == ("initech" if has_factor else "globex")

    def test_if_all_require_a_second_factor_it_is_the_oldest(
        self, bob: User, initech: Organization
    ) -> None:
        own = Membership.objects.get(user=bob)
        Membership.objects.create(user=bob, organization=initech)
        Organization.objects.filter(pk=initech.pk).update(second_factor_required=True)

        by_service(own)

        assert landing(bob) == "initech"

    def test_the_end_of_another_membership_changes_nothing(
        self, bob: User, globex: Organization
    ) -> None:
        other = services.membership_create(user=bob, organization=globex)

        services.membership_remove(membership=other)

        assert landing(bob) == "acme"

    def test_without_a_usable_membership_there_is_no_organization(
        self, bob: User, initech: Organization
    ) -> None:
        own = Membership.objects.get(user=bob)
        Membership.objects.create(user=bob, organization=initech)
        Organization.objects.filter(pk=initech.pk).update(status=Status.ARCHIVED)

        services.membership_remove(membership=own)

        assert own.user.organization is None
        assert landing(bob) is None

    def test_a_resumed_organization_becomes_the_user_s_own(
        self, bob: User, initech: Organization
    ) -> None:
        self.test_without_a_usable_membership_there_is_no_organization(bob, initech)

        services.organization_resume(organization=initech)

        assert landing(bob) == "initech"

    def test_bulk_create_sets_the_user_s_organization(self, nora: User, acme: Organization) -> None:
        Membership.objects.bulk_create([Membership(user=nora, organization=acme)])

        assert landing(nora) == "acme"

    def test_postgresql_rejects_an_organization_without_a_membership(
        self, bob: User, globex: Organization
    ) -> None:
        User.objects.filter(pk=bob.pk).update(organization=globex)

        with (
            pytest.raises(IntegrityError, match="tenantry_users_user_landing"),
            transaction.atomic(),
        ):
            connection.check_constraints()

        User.objects.filter(pk=bob.pk).update(organization=None)


class TestUnusable:
    @pytest.fixture
    def stranded(self, bob: User, acme: Organization, globex: Organization) -> User:
        """Bob's own organization is archived, and he is a member of globex."""
        services.membership_create(user=bob, organization=globex)
        services.organization_archive(organization=acme)
        return bob

    def test_a_sign_in_can_name_another_organization(
        self, api_client: APIClient, stranded: User
    ) -> None:
        credentials = {"email": stranded.email, "password": PASSWORD}

        assert api_client.post("/api/auth/token/", credentials).status_code == 403
        credentials["organization"] = "globex"
        assert api_client.post("/api/auth/token/", credentials).status_code == 200

    def test_the_user_can_switch_to_another_organization(
        self, session_of: SessionOf, stranded: User
    ) -> None:
        client = session_of(stranded)
        assert client.get("/api/me/").json()["organization"] is None

        assert client.post("/api/me/organization/", {"organization": "globex"}).status_code == 200

        assert client.get("/api/items/").status_code == 200

    @pytest.mark.parametrize("url", ["/", "/api/me/"])
    def test_pages_show_the_other_organization(
        self, session_of: SessionOf, stranded: User, url: str
    ) -> None:
        page = session_of(stranded).get(url, headers={"Accept": "text/html"}).content.decode()

        assert '<option value="globex">Globex</option>' in page

    def test_a_new_sign_in_resets_an_unusable_choice(
        self, session_of: SessionOf, bob: User, globex: Organization
    ) -> None:
        services.membership_create(user=bob, organization=globex)
        client = session_of(bob)
        client.post("/api/me/organization/", {"organization": "globex"})
        services.organization_suspend(organization=globex)
        assert client.get("/api/items/").status_code == 403

        form = {"username": bob.email, "password": PASSWORD}
        assert client.post("/accounts/login/", form, format="multipart").status_code == 302

        assert client.get("/api/items/").status_code == 200


def join(user: User, organization: Organization) -> None:
    services.membership_create(user=user, organization=organization)


def leave(user: User, organization: Organization) -> None:
    by_service(Membership.objects.get(user=user, organization=organization))


@pytest.mark.parametrize(
    ("at_first", "first", "second", "expected"),
    [
        (["a"], (leave, "a"), (join, "b"), "b"),
        (["a"], (join, "b"), (leave, "a"), "b"),
        (["a", "b"], (leave, "b"), (leave, "a"), None),
        (["a", "b"], (leave, "a"), (leave, "b"), None),
    ],
    ids=["left and joined", "joined and left", "left both", "left both, its own first"],
)
def test_the_second_of_two_concurrent_changes_sees_the_first(
    in_thread: InThread,
    committed_organization: Organization,
    at_first: list[str],
    first: Any,
    second: Any,
    expected: str | None,
) -> None:
    name = committed_organization.schema_name

    def prepare() -> tuple[User, dict[str, Organization]]:
        user = User.objects.create_user(f"second.{name}@race.example", name="Second")
        places = {
            key: Organization.objects.create(schema_name=f"{name}_{key}", name=key) for key in "ab"
        }
        for key in at_first:
            join(user, places[key])
        return user, places

    user, places = in_thread(prepare).result()
    one_after_the_other(
        in_thread,
        lambda: first[0](user, places[first[1]]),
        lambda: second[0](user, places[second[1]]),
    )

    found = in_thread(lambda: landing(user)).result()
    assert found == (expected and f"{name}_{expected}")
