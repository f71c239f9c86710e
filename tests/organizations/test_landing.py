"""A person always lands in one of their memberships, also after one has ended."""

from collections.abc import Callable
from typing import Any

import pytest
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


class TestMovingOn:
    @pytest.mark.parametrize("remove", [by_service, by_queryset, by_sql])
    def test_who_changes_organizations_can_sign_in_and_work(
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
    def test_the_oldest_usable_membership_takes_the_place_of_one_that_ends(
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

    def test_another_membership_that_ends_moves_no_landing(
        self, bob: User, globex: Organization
    ) -> None:
        other = services.membership_create(user=bob, organization=globex)

        services.membership_remove(membership=other)

        assert landing(bob) == "acme"

    def test_without_a_usable_membership_the_landing_is_empty(
        self, bob: User, initech: Organization
    ) -> None:
        own = Membership.objects.get(user=bob)
        Membership.objects.create(user=bob, organization=initech)
        Organization.objects.filter(pk=initech.pk).update(status=Status.ARCHIVED)

        services.membership_remove(membership=own)

        assert own.user.organization is None
        assert landing(bob) is None

    def test_and_filled_when_that_organization_is_resumed(
        self, bob: User, initech: Organization
    ) -> None:
        self.test_without_a_usable_membership_the_landing_is_empty(bob, initech)

        services.organization_resume(organization=initech)

        assert landing(bob) == "initech"

    def test_memberships_made_in_bulk_say_where_people_land(
        self, nora: User, acme: Organization
    ) -> None:
        Membership.objects.bulk_create([Membership(user=nora, organization=acme)])

        assert landing(nora) == "acme"

    def test_no_landing_without_a_membership(self, bob: User, globex: Organization) -> None:
        User.objects.filter(pk=bob.pk).update(organization=globex)

        with (
            pytest.raises(IntegrityError, match="tenantry_users_user_landing"),
            transaction.atomic(),
        ):
            connection.check_constraints()

        User.objects.filter(pk=bob.pk).update(organization=None)


class TestWithoutAUsableLanding:
    @pytest.fixture
    def stranded(self, bob: User, acme: Organization, globex: Organization) -> User:
        """Bob, who lands in an archived organization and could work in another one."""
        services.membership_create(user=bob, organization=globex)
        services.organization_archive(organization=acme)
        return bob

    def test_sign_in_naming_another_organization_is_open(
        self, api_client: APIClient, stranded: User
    ) -> None:
        credentials = {"email": stranded.email, "password": PASSWORD}

        assert api_client.post("/api/auth/token/", credentials).status_code == 403
        credentials["organization"] = "globex"
        assert api_client.post("/api/auth/token/", credentials).status_code == 200

    def test_who_am_i_and_its_switch_are_open(self, session_of: SessionOf, stranded: User) -> None:
        client = session_of(stranded)
        assert client.get("/api/me/").json()["organization"] is None

        assert client.post("/api/me/organization/", {"organization": "globex"}).status_code == 200

        assert client.get("/api/items/").status_code == 200

    @pytest.mark.parametrize("url", ["/", "/api/me/"])
    def test_pages_offer_the_other_organization(
        self, session_of: SessionOf, stranded: User, url: str
    ) -> None:
        page = session_of(stranded).get(url, headers={"Accept": "text/html"}).content.decode()

        assert '<option value="globex">Globex</option>' in page

    def test_signing_in_again_forgets_a_choice_that_became_unusable(
        self, session_of: SessionOf, bob: User, globex: Organization
    ) -> None:
        membership = services.membership_create(user=bob, organization=globex)
        client = session_of(bob)
        client.post("/api/me/organization/", {"organization": "globex"})
        services.membership_remove(membership=membership)
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
def test_of_two_changes_at_once_the_second_sees_the_first(
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
