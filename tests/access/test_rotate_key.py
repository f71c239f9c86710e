"""POST /api/organization/keys/{id}/rotate/ replaces a key, with an overlap."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from shared_apps.access.keys import key_delete, key_rotate
from shared_apps.access.principal import principal_of_user
from shared_apps.audit.models import AuditEntry
from shared_apps.core.errors import DomainError
from shared_apps.organizations.models import Membership, Organization
from shared_apps.organizations.roles import Role
from shared_apps.organizations.services import membership_change
from shared_apps.users.models import ApiToken, User
from tests.conftest import InThread, SessionOf, one_after_the_other
from tests.tokens import client_with, code_of, key_of, token_client

URL = "/api/organization/keys/"


@pytest.fixture
def owner(session_of: SessionOf, alice: User) -> APIClient:
    """The browser of alice, the owner."""
    return session_of(alice)


def rotate(client: APIClient, key: ApiToken | int, **body: Any) -> Any:
    pk = key if isinstance(key, int) else key.pk
    return client.post(f"{URL}{pk}/rotate/", body, format="json")


def test_the_new_key_has_the_same_name_role_and_scopes(
    owner: APIClient, acme: Organization, alice: User
) -> None:
    key, _ = key_of(acme, name="Shop", role="member", scopes=["read"])

    response = rotate(owner, key)

    assert response.status_code == 201
    new = response.json()
    assert (new["name"], new["role"], new["scopes"], new["expiry"]) == (
        "Shop",
        "member",
        ["read"],
        None,
    )
    assert new["id"] != key.pk
    assert client_with(new["token"]).get("/api/items/").status_code == 200
    assert ApiToken.objects.get(pk=new["id"]).created_by == alice


def test_the_new_key_lives_as_long_as_the_old_one_did(owner: APIClient, acme: Organization) -> None:
    key, _ = key_of(acme, expiry=timezone.now() + timedelta(days=30))
    begun = timezone.now() - timedelta(days=60)
    ApiToken.objects.filter(pk=key.pk).update(created_at=begun)

    new = ApiToken.objects.get(pk=rotate(owner, key).json()["id"])

    assert new.expiry is not None
    assert abs(new.expiry - new.created_at - timedelta(days=90)) < timedelta(minutes=1)


@pytest.mark.parametrize("life", [None, timedelta(days=30)])
def test_a_key_that_a_token_rotates_does_not_outlive_the_token(
    acme: Organization, alice: User, life: timedelta | None
) -> None:
    key, _ = key_of(acme, expiry=life and timezone.now() + life)
    end = timezone.now() + timedelta(days=3)

    new = rotate(token_client(alice, expiry=end), key).json()["id"]

    assert ApiToken.objects.get(pk=new).expiry == end


def test_a_short_key_that_a_token_rotates_stays_short(acme: Organization, alice: User) -> None:
    key, _ = key_of(acme, expiry=timezone.now() + timedelta(days=1))

    new = rotate(token_client(alice, expiry=timezone.now() + timedelta(days=3)), key).json()["id"]

    expiry = ApiToken.objects.get(pk=new).expiry
    assert expiry is not None
    assert expiry < timezone.now() + timedelta(days=2)


def test_rotations_stay_within_50_keys(owner: APIClient, acme: Organization) -> None:
    keys = [key_of(acme)[0] for _ in range(50)]

    assert code_of(rotate(owner, keys[0])) == (400, "too_many_keys")
    assert rotate(owner, keys[0], overlap_hours=0).status_code == 201


@pytest.mark.parametrize(("body", "hours"), [({}, 24), ({"overlap_hours": 168}, 168)])
def test_the_old_key_works_until_the_overlap_ends(
    owner: APIClient, acme: Organization, body: dict[str, int], hours: int
) -> None:
    key, old = key_of(acme)

    rotate(owner, key, **body)

    assert old.get("/api/items/").status_code == 200
    key.refresh_from_db()
    assert key.expiry is not None
    assert abs(key.expiry - timezone.now() - timedelta(hours=hours)) < timedelta(minutes=1)


def test_without_an_overlap_the_old_key_stops_with_its_next_request(
    in_thread: InThread, committed_organization: Organization, committed_client: APIClient
) -> None:
    """Outside of a test's transaction, in which PostgreSQL's clock stands still."""
    key, old = in_thread(lambda: key_of(committed_organization)).result()

    new = in_thread(lambda: rotate(committed_client, key, overlap_hours=0).json()).result()

    assert in_thread(lambda: code_of(old.get("/api/items/"))).result() == (401, "invalid_token")
    working = client_with(new["token"])
    assert in_thread(lambda: working.get("/api/items/").status_code).result() == 200


def test_the_overlap_does_not_prolong_the_old_key(owner: APIClient, acme: Organization) -> None:
    end = timezone.now() + timedelta(hours=1)
    key, _ = key_of(acme, expiry=end)

    rotate(owner, key, overlap_hours=168)

    key.refresh_from_db()
    assert key.expiry == end


@pytest.mark.parametrize("hours", [-1, 169, "soon", None, 1.5])
def test_an_invalid_overlap_is_400(owner: APIClient, acme: Organization, hours: Any) -> None:
    key, _ = key_of(acme)

    response = rotate(owner, key, overlap_hours=hours)

    assert (response.status_code, response.json().keys()) == (400, {"overlap_hours"})


def test_a_rotated_key_is_409_and_the_new_one_can_be_rotated(
    owner: APIClient, acme: Organization
) -> None:
    key, _ = key_of(acme)
    new = rotate(owner, key).json()["id"]

    assert code_of(rotate(owner, key)) == (409, "key_rotated")
    assert rotate(owner, new).status_code == 201


def test_only_one_of_two_concurrent_rotations_succeeds(
    in_thread: InThread, committed_organization: Organization, committed_client: APIClient
) -> None:
    key, _ = in_thread(lambda: key_of(committed_organization)).result()

    results = [in_thread(lambda: rotate(committed_client, key).status_code) for _ in range(4)]

    assert sorted(each.result() for each in results) == [201, 409, 409, 409]
    keys = ApiToken.objects.filter(organization=committed_organization, user=None)
    assert in_thread(keys.count).result() == 2


def test_only_one_of_two_concurrent_deletions_succeeds(
    in_thread: InThread, committed_organization: Organization, committed_client: APIClient
) -> None:
    key, _ = in_thread(lambda: key_of(committed_organization)).result()
    url = f"{URL}{key.pk}/"

    results = [in_thread(lambda: committed_client.delete(url).status_code) for _ in range(4)]

    assert sorted(each.result() for each in results) == [204, 404, 404, 404]
    name = committed_organization.schema_name
    entries = AuditEntry.objects.filter(action="key.deleted", schema_name=name)
    assert in_thread(entries.count).result() == 1


def test_an_admin_who_becomes_a_member_meanwhile_makes_and_deletes_nothing(
    in_thread: InThread, committed_organization: Organization
) -> None:
    """The role is read again after the lock of the organization."""

    def prepare() -> tuple[ApiToken, Membership]:
        name = committed_organization.schema_name
        user = User.objects.create_user(f"admin.{name}@race.example", "secret", name="Admin")
        membership = Membership.objects.create(
            user=user, organization=committed_organization, role=Role.ADMIN
        )
        return key_of(committed_organization)[0], membership

    key, admin = in_thread(prepare).result()

    def demote() -> None:
        membership_change(membership=Membership.objects.get(pk=admin.pk), role=Role.MEMBER)

    def rotate_or_delete() -> list[str]:
        codes = []
        caller = principal_of_user(admin.user_id)
        assert caller is not None
        for change in (
            lambda: key_rotate(key=key, actor=admin, principal=caller, overlap=timedelta()),
            lambda: key_delete(key=key, actor=admin),
        ):
            with pytest.raises(DomainError) as raised:
                change()
            codes.append(raised.value.code)
        return codes

    codes = one_after_the_other(in_thread, demote, rotate_or_delete)

    assert codes == ["permission_denied", "permission_denied"]
    assert in_thread(ApiToken.objects.filter(pk=key.pk).exists).result()
