"""/api/me/tokens/: tokens that a person makes for the active organization."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.models import Membership, Organization
from shared_apps.organizations.services import membership_remove
from shared_apps.users.models import ApiToken, User
from shared_apps.users.services import token_revoke
from tests.conftest import ClientOf, InThread, SessionOf, wait_for_blocked
from tests.tokens import TOKENS, client_with, code_of, key_of, make_token, token_client


def listed(client: APIClient) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = client.get(TOKENS).json()["results"]
    return results


@pytest.fixture
def browser(session_of: SessionOf, bob: User) -> APIClient:
    """Bob's browser."""
    return session_of(bob)


def test_a_new_token_is_shown_once(browser: APIClient, bob: User) -> None:
    response = make_token(browser, scopes=["read", "orders:write"], expiry="2036-01-01T00:00:00Z")

    assert response.status_code == 201
    body = response.json()
    plaintext = body.pop("token")
    stored = ApiToken.objects.get(user=bob)
    assert body == {
        "id": stored.pk,
        "name": "Report",
        "prefix": plaintext[:16],
        "scopes": ["orders:write", "read"],
        "organization": {
            "schema_name": "acme",
            "name": "Acme",
            "role": "member",
            "status": "active",
            "currency": "EUR",
        },
        "expiry": "2036-01-01T00:00:00Z",
        "last_used": None,
        "created_at": body["created_at"],
    }
    assert body["created_at"].endswith("Z")
    assert listed(browser) == [body]
    assert plaintext not in map(str, ApiToken.objects.values_list().get())


def test_the_day_of_the_last_use_is_listed(browser: APIClient) -> None:
    client_with(make_token(browser).json()["token"]).get("/api/items/")

    assert listed(browser)[0]["last_used"] == timezone.now().date().isoformat()


@pytest.mark.parametrize("body", [{}, {"scopes": None}, {"expiry": None}])
def test_without_scopes_and_expiry_it_may_all_and_does_not_expire(
    browser: APIClient, body: dict[str, Any]
) -> None:
    token = browser.post(TOKENS, {"name": "All", **body}, format="json").json()

    assert (token["scopes"], token["expiry"]) == (None, None)
    assert client_with(token["token"]).get(TOKENS).status_code == 200


def test_it_is_recorded_without_its_secret(browser: APIClient, bob: User) -> None:
    token = make_token(browser, scopes=["read"]).json()

    entry = AuditEntry.objects.latest("pk")
    assert (entry.actor, entry.subject, entry.schema_name) == (bob.email, bob.email, "acme")
    assert entry.data == {
        "token": token["id"],
        "name": "Report",
        "prefix": token["prefix"],
        "scopes": ["read"],
        "expiry": None,
    }


def test_it_works_in_the_organization_that_was_active(
    browser: APIClient, bob: User, globex: Organization
) -> None:
    Membership.objects.create(user=bob, organization=globex, role="admin")
    browser.post("/api/me/organization/", {"organization": "globex"})
    token = make_token(browser).json()
    browser.post("/api/me/organization/", {"organization": "acme"})

    me = client_with(token["token"]).get("/api/me/").json()

    assert me["organization"]["schema_name"] == token["organization"]["schema_name"] == "globex"
    assert [each["organization"]["schema_name"] for each in listed(browser)] == ["globex"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": None}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["read", "everything"]}, "scopes"),
        ({"scopes": "read"}, "scopes"),
        ({"scopes": {"read": True}}, "scopes"),
        ({"scopes": [["read"]]}, "scopes"),
        ({"expiry": "2020-01-01T00:00:00Z"}, "expiry"),
        ({"expiry": "9999-12-31T23:59:59Z"}, "expiry"),  # A rotation could not add to it.
        ({"expiry": "tomorrow"}, "expiry"),
    ],
)
def test_an_invalid_field_is_400(
    browser: APIClient, bob: User, body: dict[str, Any], field: str
) -> None:
    response = make_token(browser, **body)

    assert response.status_code == 400
    assert response.json().keys() == {field}
    assert not ApiToken.objects.filter(user=bob).exists()


def test_the_scopes_that_exist_are_named(browser: APIClient) -> None:
    (text,) = make_token(browser, scopes=["nothing"]).json()["scopes"]

    assert "items:write" in text
    assert "orders:write" in text


@pytest.mark.parametrize("status", ["suspended", "archived"])
def test_no_token_is_made_for_an_unusable_organization(
    browser: APIClient, acme: Organization, status: str
) -> None:
    Organization.objects.filter(pk=acme.pk).update(status=status)

    assert code_of(make_token(browser)) == (403, f"organization_{status}")
    assert browser.get(TOKENS).status_code == 200


def test_a_deleted_token_stops_with_its_next_request(browser: APIClient, bob: User) -> None:
    token = make_token(browser).json()
    client = client_with(token["token"])
    assert client.get("/api/me/").status_code == 200

    assert browser.delete(f"{TOKENS}{token['id']}/").status_code == 204

    assert code_of(client.get("/api/me/")) == (401, "invalid_token")
    assert listed(browser) == []
    assert AuditEntry.objects.latest("pk").action == "token.revoked"


def test_a_token_may_delete_itself(bob: User) -> None:
    client = token_client(bob)

    assert client.delete(f"{TOKENS}{listed(client)[0]['id']}/").status_code == 204
    assert client.get(TOKENS).status_code == 401


def test_tokens_of_sign_ins_are_listed_and_expired_ones_are_not(
    client_of: ClientOf, bob: User
) -> None:
    client = client_of(bob)
    token_client(bob, expiry=timezone.now() + timedelta(milliseconds=1))

    assert [each["name"] for each in listed(client)] == ["Sign-in"]


def test_other_people_s_tokens_and_keys_are_404(
    browser: APIClient, carol: User, acme: Organization
) -> None:
    key, _ = key_of(acme)
    token_client(carol)

    assert listed(browser) == []
    for token in (key, ApiToken.objects.get(user=carol)):
        assert code_of(browser.delete(f"{TOKENS}{token.pk}/")) == (404, "not_found")
        assert ApiToken.objects.filter(pk=token.pk).exists()


def test_a_removed_member_s_tokens_are_gone(browser: APIClient, bob: User) -> None:
    client = client_with(make_token(browser).json()["token"])

    membership_remove(membership=Membership.objects.get(user=bob))

    assert code_of(client.get("/api/me/")) == (401, "invalid_token")
    assert listed(browser) == []


def test_the_51st_token_is_400_and_expired_and_sign_in_tokens_do_not_count(
    browser: APIClient, client_of: ClientOf, bob: User
) -> None:
    client_of(bob)
    for _ in range(49):
        token_client(bob)
    assert make_token(browser).status_code == 201

    assert code_of(make_token(browser)) == (400, "too_many_tokens")

    oldest = ApiToken.objects.filter(user=bob, is_sign_in=False).earliest("pk")
    ApiToken.objects.filter(pk=oldest.pk).update(expiry=timezone.now())
    assert make_token(browser).status_code == 201


def test_fifty_made_tokens_do_not_end_those_of_sign_ins(client_of: ClientOf, bob: User) -> None:
    sign_in = client_of(bob)
    for _ in range(50):
        token_client(bob)

    assert sign_in.get("/api/me/").status_code == 200


def test_concurrent_requests_make_at_most_50(
    in_thread: InThread, committed_client: APIClient
) -> None:
    def prepare() -> None:
        user = User.objects.get(pk=committed_client.user.pk)  # type: ignore[attr-defined]
        for _ in range(48):
            token_client(user)

    in_thread(prepare).result()

    made = [in_thread(lambda: make_token(committed_client).status_code) for _ in range(4)]

    assert sorted(each.result() for each in made) == [201, 201, 400, 400]


def test_tokens_of_a_person_are_ended_in_any_order_by_concurrent_requests(
    in_thread: InThread, committed_client: APIClient, committed_organization: Organization
) -> None:
    """A new password ends the newest first; PostgreSQL deletes a token before its tokens."""

    def prepare() -> tuple[ApiToken, ApiToken]:
        child = make_token(committed_client).json()["id"]
        tokens = ApiToken.objects.select_related("user", "organization")
        return tokens.get(is_sign_in=True, user=committed_client.user), tokens.get(pk=child)  # type: ignore[attr-defined]

    parent, child = in_thread(prepare).result()
    url = f"{TOKENS}{parent.pk}/"

    def end_tokens() -> Any:
        with transaction.atomic():
            User.objects.select_for_update(no_key=True).get(pk=parent.user_id)
            token_revoke(token=child)
            deleting = in_thread(lambda: committed_client.delete(url).status_code)
            in_thread(lambda: wait_for_blocked(1)).result()
            token_revoke(token=parent)
        return deleting

    deleting = in_thread(end_tokens).result()

    assert deleting.result() == 204
    tokens = ApiToken.objects.filter(organization=committed_organization)
    assert not in_thread(tokens.exists).result()
