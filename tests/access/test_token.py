"""POST /api/auth/token/ exchanges a password for a token of one organization."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.models import Membership, Organization
from shared_apps.organizations.roles import Role
from shared_apps.organizations.services import membership_create, membership_remove
from shared_apps.testing import PASSWORD
from shared_apps.users.models import ApiToken, User
from shared_apps.users.services import token_issue
from tests.conftest import ClientOf, InThread, SessionOf, one_after_the_other
from tests.tokens import code_of

URL = "/api/auth/token/"


def sign_in(client: APIClient, email: str, password: str = PASSWORD, **more: Any) -> Any:
    return client.post(URL, {"email": email, "password": password, **more})


def test_a_sign_in_returns_token_user_and_organization(api_client: APIClient, bob: User) -> None:
    response = sign_in(api_client, "bob@acme.example")

    assert response.status_code == 200
    body = response.json()
    token, expiry = body.pop("token"), body.pop("expiry")
    assert body == {
        "user": {"id": bob.pk, "email": "bob@acme.example", "name": "Bob"},
        "organization": {
            "schema_name": "acme",
            "name": "Acme",
            "role": "member",
            "status": "active",
            "currency": "EUR",
        },
    }
    assert len(token) >= 40
    assert expiry.endswith("Z")
    assert datetime.fromisoformat(expiry) > timezone.now() + timedelta(hours=1)


def test_the_token_opens_the_api(api_client: APIClient, bob: User) -> None:
    token = sign_in(api_client, "bob@acme.example").json()["token"]

    response = APIClient(headers={"Authorization": f"Token {token}"}).get("/api/me/")

    assert response.json()["email"] == "bob@acme.example"


def test_the_case_of_the_email_does_not_matter(api_client: APIClient, bob: User) -> None:
    assert sign_in(api_client, "BOB@Acme.Example").status_code == 200


def test_the_token_belongs_to_the_named_organization(
    api_client: APIClient, bob: User, globex: Organization
) -> None:
    Membership.objects.create(user=bob, organization=globex, role="admin")

    body = sign_in(api_client, bob.email, organization="globex").json()

    assert body["organization"]["schema_name"] == "globex"
    assert body["organization"]["role"] == "admin"
    client = APIClient(headers={"Authorization": f"Token {body['token']}"})
    assert client.get("/api/me/").json()["organization"]["schema_name"] == "globex"


def test_the_database_stores_only_a_hash_of_the_token(api_client: APIClient, bob: User) -> None:
    plaintext = sign_in(api_client, bob.email).json()["token"]

    stored = ApiToken.objects.values().get(user=bob)

    assert plaintext not in map(str, stored.values())


def test_all_wrong_credentials_get_the_same_response(
    api_client: APIClient, bob: User, carol: User
) -> None:
    User.objects.filter(pk=carol.pk).update(is_active=False)

    responses = [
        sign_in(api_client, bob.email, "wrong"),
        sign_in(api_client, "unknown@acme.example"),
        sign_in(api_client, "no address at all"),
        sign_in(api_client, carol.email),
        sign_in(api_client, bob.email, f" {PASSWORD}"),
        sign_in(api_client, bob.email, "wrong", organization="globex"),
    ]

    assert {response.status_code for response in responses} == {400}
    assert len({response.content for response in responses}) == 1
    assert responses[0].json()["code"] == "invalid_credentials"
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("organization", ["globex", "nowhere", "public", "Robert'); DROP"])
def test_an_organization_without_a_membership_is_403_like_an_unknown_one(
    api_client: APIClient, bob: User, organization: str
) -> None:
    response = sign_in(api_client, bob.email, organization=organization)

    assert response.status_code == 403
    assert response.json() == {
        "detail": "You are not a member of this organization. Check its name, or ask its owner "
        "to add you.",
        "code": "not_a_member",
    }
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("status", ["suspended", "archived"])
@pytest.mark.parametrize("named", [{}, {"organization": "acme"}], ids=["own", "named"])
def test_a_sign_in_to_an_unusable_organization_gets_no_token(
    api_client: APIClient, bob: User, acme: Organization, status: str, named: dict[str, str]
) -> None:
    Organization.objects.filter(pk=acme.pk).update(status=status)

    response = sign_in(api_client, bob.email, **named)

    assert response.status_code == 403
    assert response.json()["code"] == f"organization_{status}"
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("person", ["nora", "stella"])
def test_a_user_without_memberships_gets_no_token(
    api_client: APIClient, request: pytest.FixtureRequest, person: str
) -> None:
    response = sign_in(api_client, request.getfixturevalue(person).email)

    assert response.status_code == 403
    assert response.json()["code"] == "no_organization"


def test_a_removed_member_gets_no_token(
    api_client: APIClient, bob: User, acme: Organization
) -> None:
    Membership.objects.filter(user=bob).delete()

    response = sign_in(api_client, bob.email)

    assert response.status_code == 403
    assert response.json()["code"] == "no_organization"


@pytest.mark.parametrize("header", ["Token nonsense", "Token", "Bearer x"])
def test_a_bad_authorization_header_is_ignored(bob: User, header: str) -> None:
    client = APIClient(headers={"Authorization": header})

    assert sign_in(client, bob.email).status_code == 200


def test_a_sign_in_with_a_session_needs_no_csrf_token(
    session_of: SessionOf, bob: User, charlie: User
) -> None:
    response = sign_in(session_of(charlie, csrf=True), bob.email)

    assert response.json()["user"]["name"] == "Bob"


def test_x_organization_is_ignored(api_client: APIClient, bob: User) -> None:
    response = api_client.post(
        URL, {"email": bob.email, "password": PASSWORD}, headers={"X-Organization": "globex"}
    )

    assert response.json()["organization"]["schema_name"] == "acme"


def test_missing_fields_are_400(api_client: APIClient, db: None) -> None:
    response = api_client.post(URL, {})

    assert response.status_code == 400
    assert response.json() == {
        "email": ["This field is required."],
        "password": ["This field is required."],
    }


def test_a_user_can_have_two_tokens(client_of: ClientOf, bob: User) -> None:
    first, second = client_of(bob), client_of(bob)

    assert first.get("/api/me/").status_code == 200
    assert second.get("/api/me/").status_code == 200


class TestMaxTokens:
    def test_the_next_sign_in_revokes_the_oldest_token(
        self, client_of: ClientOf, api_client: APIClient, bob: User, globex: Organization
    ) -> None:
        Membership.objects.create(user=bob, organization=globex)
        first, second = client_of(bob), client_of(bob)
        for organization in (bob.organization, globex):
            assert organization is not None
            for _ in range(48):
                ApiToken.objects.issue(user=bob, organization=organization)
        oldest = ApiToken.objects.filter(user=bob).earliest("pk")

        assert sign_in(api_client, bob.email).status_code == 200

        assert first.get("/api/me/").status_code == 401
        assert second.get("/api/me/").status_code == 200
        assert ApiToken.objects.filter(user=bob, organization=bob.organization).count() == 50
        revoked = AuditEntry.objects.get(action="token.revoked", data__token=oldest.pk)
        assert (revoked.actor, revoked.subject, revoked.schema_name) == (
            bob.email,
            bob.email,
            "acme",
        )
        assert revoked.reason == "More than 50 live tokens."

    def test_expired_tokens_do_not_count(
        self, client_of: ClientOf, api_client: APIClient, bob: User
    ) -> None:
        client = client_of(bob)
        assert bob.organization is not None
        for _ in range(49):
            ApiToken.objects.issue(user=bob, organization=bob.organization)
        ApiToken.objects.filter(user=bob).exclude(
            pk=ApiToken.objects.filter(user=bob).earliest("pk").pk
        ).update(expiry=timezone.now())

        assert sign_in(api_client, bob.email).status_code == 200

        assert client.get("/api/me/").status_code == 200

    def test_two_concurrent_sign_ins_stay_within_the_limit(
        self, in_thread: InThread, committed_organization: Organization
    ) -> None:
        user = User.objects.get(organization=committed_organization)

        def issue() -> None:
            token_issue(user=user, organization=committed_organization)

        def fill() -> None:
            for _ in range(49):
                ApiToken.objects.issue(user=user, organization=committed_organization)

        in_thread(fill).result()

        one_after_the_other(in_thread, issue, issue)

        assert in_thread(ApiToken.objects.filter(user=user).count).result() == 50


def test_a_sign_in_of_a_member_who_is_removed_meanwhile_leaves_no_token(
    in_thread: InThread, committed_organization: Organization, api_client: APIClient
) -> None:
    name = committed_organization.schema_name

    def prepare() -> Membership:
        user = User.objects.create_user(f"leaver.{name}@race.example", PASSWORD, name="Leaver")
        return membership_create(user=user, organization=committed_organization, role=Role.MEMBER)

    leaver = in_thread(prepare).result()

    response = one_after_the_other(
        in_thread,
        lambda: membership_remove(membership=leaver),
        lambda: sign_in(api_client, leaver.user.email),
    )

    assert code_of(response) == (403, "not_a_member")
    tokens = ApiToken.objects.filter(user=leaver.user)
    assert not in_thread(tokens.exists).result()
