"""API tokens in the admin."""

from typing import Any

import pytest
from django.utils import timezone

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.invitations import invitation_create
from shared_apps.organizations.models import Organization
from shared_apps.organizations.roles import Role
from shared_apps.users.models import ApiToken, User
from tests.tokens import key_of

from .conftest import BrowserOf

TOKENS = "/admin/tenantry_users/apitoken/"


@pytest.mark.parametrize("view", ["delete page", "action"])
def test_an_operator_revokes_a_token_and_never_sees_its_hash(
    browser_of: BrowserOf, olga: User, alice: User, acme: Organization, client: Any, view: str
) -> None:
    token, plaintext = ApiToken.objects.issue(user=alice, organization=acme)
    browser = browser_of(olga)
    pages = [browser.get(TOKENS), browser.get(f"{TOKENS}{token.pk}/change/")]
    assert not any(token.digest in page.content.decode() for page in pages)

    if view == "action":
        browser.post(
            TOKENS, {"action": "delete_selected", "_selected_action": token.pk, "post": "yes"}
        )
    else:
        browser.post(f"{TOKENS}{token.pk}/delete/", {"post": "yes"})

    assert not ApiToken.objects.filter(pk=token.pk).exists()
    assert AuditEntry.objects.latest("pk").action == "token.revoked"
    header = {"Authorization": f"Token {plaintext}"}
    assert client.get("/api/me/", headers=header).status_code == 401


@pytest.mark.parametrize(
    "lookup", ["digest__startswith", "digest", "user__password__startswith", "digest__regex"]
)
def test_the_hash_of_a_token_cannot_be_guessed_letter_by_letter(
    browser_of: BrowserOf, root: User, alice: User, acme: Organization, lookup: str
) -> None:
    token, _ = ApiToken.objects.issue(user=alice, organization=acme)

    response = browser_of(root).get(TOKENS, {lookup: token.digest[:1]})

    assert response.status_code == 400


@pytest.mark.parametrize("view", ["delete page", "action"])
@pytest.mark.parametrize("expired", [False, True], ids=["live", "expired"])
def test_an_operator_deletes_a_key_and_the_invitations_made_with_it(
    browser_of: BrowserOf, olga: User, bob: User, acme: Organization, view: str, expired: bool
) -> None:
    key, _ = key_of(acme)
    token, _ = ApiToken.objects.issue(user=bob, organization=acme)
    invitation_create(organization=acme, email="ada@example.com", role=Role.MEMBER, actor=key)
    if expired:
        ApiToken.objects.filter(pk=key.pk).update(expiry=timezone.now())

    if view == "action":
        form = {"action": "delete_selected", "_selected_action": [token.pk, key.pk], "post": "yes"}
        browser_of(olga).post(TOKENS, form)
    else:
        browser_of(olga).post(f"{TOKENS}{key.pk}/delete/", {"post": "yes"})

    assert not ApiToken.objects.filter(pk=key.pk).exists()
    assert ApiToken.objects.filter(pk=token.pk).exists() == (view == "delete page")
    deleted = AuditEntry.objects.get(action="key.deleted", subject="Shop", data__token=key.pk)
    revoked = AuditEntry.objects.get(action="invitation.revoked", subject="ada@example.com")
    assert (deleted.actor, revoked.actor) == (olga.email, olga.email)
    assert (revoked.schema_name, revoked.reason) == ("acme", "The key Shop was deleted.")
