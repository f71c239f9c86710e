"""Requests without a usable organization are denied, in the order of the specification.

401, 403 and 409 come before the view; then CSRF or role, 404, 400 and conflicts of state.
"""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from shared_apps.organizations.models import Membership, Organization
from shared_apps.users.models import ApiToken, User
from tenant_apps.items.models import Item
from tests.conftest import ClientOf, SessionOf
from tests.items.fixtures import DESK_ID
from tests.orders.fixtures import Place

# Paths that need a usable organization. The last one does not exist.
NEED_ORGANIZATION = (
    "/api/",
    "/api/items/",
    "/api/orders/",
    "/api/orders/priced/",
    "/api/nothing-here/",
)
MISMATCH = {"X-Organization": "globex"}


def status_and_code(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


@pytest.mark.parametrize("url", NEED_ORGANIZATION)
def test_a_visitor_who_is_not_signed_in_gets_401(api_client: APIClient, db: None, url: str) -> None:
    response = api_client.get(url)

    assert status_and_code(response) == (401, "not_authenticated")
    assert response["WWW-Authenticate"] == "Token"


def without_membership(user: User) -> None:
    Membership.objects.filter(user=user).delete()


def suspended(user: User) -> None:
    Organization.objects.filter(pk=user.organization_id).update(status="suspended")


def archived(user: User) -> None:
    Organization.objects.filter(pk=user.organization_id).update(status="archived")


@pytest.mark.parametrize("url", NEED_ORGANIZATION)
@pytest.mark.parametrize(
    ("make_unusable", "code"),
    [
        (without_membership, "no_organization"),
        (suspended, "organization_suspended"),
        (archived, "organization_archived"),
    ],
)
def test_an_unusable_organization_is_403_with_its_code(
    session_of: SessionOf, bob: User, url: str, make_unusable: Callable[[User], None], code: str
) -> None:
    client = session_of(bob)
    make_unusable(bob)

    assert status_and_code(client.get(url, headers=MISMATCH)) == (403, code)


def test_a_session_works_in_the_user_s_own_organization_after_the_chosen_membership_ended(
    session_of: SessionOf, bob: User, globex: Organization
) -> None:
    membership = Membership.objects.create(user=bob, organization=globex)
    client = session_of(bob)
    client.post("/api/me/organization/", {"organization": "globex"})

    Membership.objects.filter(pk=membership.pk).delete()

    assert client.get("/api/me/").json()["organization"]["schema_name"] == "acme"
    meant = {"X-Organization": "globex"}
    assert status_and_code(client.get("/api/items/", headers=meant)) == (
        409,
        "organization_mismatch",
    )


@pytest.mark.parametrize(
    ("make_unusable", "code"),
    [
        (without_membership, "not_a_member"),
        (suspended, "organization_suspended"),
        (archived, "organization_archived"),
    ],
)
def test_a_token_never_falls_back_to_another_organization(
    client_of: ClientOf,
    bob: User,
    globex: Organization,
    make_unusable: Callable[[User], None],
    code: str,
) -> None:
    client = client_of(bob)
    make_unusable(bob)
    Membership.objects.create(user=bob, organization=globex)
    User.objects.filter(pk=bob.pk).update(organization=globex)

    assert status_and_code(client.get("/api/items/")) == (403, code)


def test_staff_without_a_membership_are_denied(session_of: SessionOf, stella: User) -> None:
    assert status_and_code(session_of(stella).get("/api/items/")) == (403, "no_organization")


def test_staff_with_a_membership_have_its_role(
    session_of: SessionOf, stella: User, acme: Organization
) -> None:
    Membership.objects.create(user=stella, organization=acme)

    assert session_of(stella).get("/api/items/").status_code == 200
    assert session_of(stella).post("/api/items/", {}).status_code == 403


PUBLIC = ("/", "/healthz", "/readyz", "/accounts/login/", "/api/schema/", "/api/docs/")


@pytest.mark.parametrize("url", PUBLIC)
def test_public_paths_need_no_organization_and_ignore_the_header(
    api_client: APIClient, session_of: SessionOf, bob: User, nora: User, url: str
) -> None:
    for client in (api_client, session_of(nora), session_of(bob)):
        assert client.get(url, headers=MISMATCH).status_code == 200


@pytest.mark.parametrize("url", ["/admin", "/accounts/login"])
def test_a_missing_slash_is_added_before_permissions_are_checked(
    api_client: APIClient, session_of: SessionOf, stella: User, url: str
) -> None:
    for client in (api_client, session_of(stella)):
        response = client.get(url)

        assert (response.status_code, response["Location"]) == (301, f"{url}/")


@pytest.mark.parametrize("url", ["/accounts/nothing/", "/static/nothing.css"])
def test_a_public_path_that_does_not_exist_is_404(
    api_client: APIClient, db: None, url: str
) -> None:
    assert status_and_code(api_client.get(url)) == (404, "not_found")


def test_static_files_are_public(api_client: APIClient, settings: Any) -> None:
    response: Any = api_client.get("/static/admin/css/base.css", headers=MISMATCH)

    assert response.status_code == 200
    assert b"".join(response.streaming_content)


class TestOrder:
    """A request with several errors gets the first one of the order."""

    def test_from_401_to_403_to_409(
        self, client_of: ClientOf, bob: User, acme: Organization, db: None
    ) -> None:
        client = client_of(bob)

        def post() -> tuple[int, str]:
            return status_and_code(client.post("/api/items/", {"price": "x"}, headers=MISMATCH))

        Organization.objects.filter(pk=acme.pk).update(status="suspended")
        ApiToken.objects.update(expiry="2000-01-01T00:00Z")
        assert post() == (401, "invalid_token")

        ApiToken.objects.update(expiry="2100-01-01T00:00Z")
        assert post() == (403, "organization_suspended")

        Organization.objects.filter(pk=acme.pk).update(status="active")
        assert post() == (409, "organization_mismatch")

    def test_from_409_to_csrf_to_role(self, session_of: SessionOf, bob: User) -> None:
        client = session_of(bob, csrf=True)
        client.get("/accounts/login/")
        csrf = {"X-CSRFToken": client.cookies["__Host-csrftoken"].value}

        def patch(**headers: str) -> tuple[int, str]:
            return status_and_code(client.patch("/api/items/7/", {"price": "x"}, headers=headers))

        assert patch(**MISMATCH) == (409, "organization_mismatch")
        assert patch() == (403, "csrf_failed")
        assert patch(**csrf) == (403, "permission_denied")

    def test_from_role_to_404_to_400(
        self, client_of: ClientOf, bob: User, carol: User, desk: Item
    ) -> None:
        bad = {"price": "x"}

        assert client_of(bob).patch(f"/api/items/{DESK_ID + 1}/", bad).status_code == 403
        assert client_of(carol).patch(f"/api/items/{DESK_ID + 1}/", bad).status_code == 404
        assert client_of(carol).patch(f"/api/items/{DESK_ID}/", bad).status_code == 400

    def test_from_role_to_404_to_409(
        self, client_of: ClientOf, place: Place, bob: User, carol: User, desk: Item
    ) -> None:
        order = place(bob, desk)
        admin, member = client_of(carol), client_of(bob)
        admin.post(f"/api/orders/{order.pk}/fulfil/")

        assert member.post(f"/api/orders/{order.pk + 1}/fulfil/").status_code == 403
        assert admin.post(f"/api/orders/{order.pk + 1}/fulfil/").status_code == 404
        assert admin.post(f"/api/orders/{order.pk}/fulfil/").status_code == 409
