"""Which scope of a token each operation of the API needs.

Each known scope is tried on each operation, with a token of an owner that has only this scope. In a
tenant app, reading needs `read` and everything else the app's own scope, such as `items:write`.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from pytest_django import Settings
from rest_framework.test import APIClient

from shared_apps.organizations.models import Organization
from shared_apps.organizations.roles import known_scopes
from shared_apps.users.models import User
from tenantry.context import tenant_context
from tests.api.test_openapi import OPERATIONS
from tests.contracts import CONTRACTS
from tests.tokens import token_client

NO_SCOPE = "no scope"  # Only a token without scopes.
ANY_SCOPE = "any scope"

SHARED = {
    "get /api/": ANY_SCOPE,
    "get /api/media/acme/report.txt": "read",
    "post /api/auth/token/": ANY_SCOPE,  # It ignores the token.
    "post /api/auth/logout/": ANY_SCOPE,
    "get /api/me/": "read",
    "patch /api/me/": NO_SCOPE,
    "post /api/me/organization/": NO_SCOPE,
    "post /api/me/password/": NO_SCOPE,
    "get /api/me/sessions/": NO_SCOPE,
    "delete /api/me/sessions/{id}/": NO_SCOPE,
    "get /api/me/tokens/": NO_SCOPE,
    "post /api/me/tokens/": NO_SCOPE,
    "delete /api/me/tokens/{id}/": NO_SCOPE,
    "get /api/members/": "read",
    "patch /api/members/{id}/": "members:write",
    "delete /api/members/{id}/": "members:write",
    "post /api/members/{id}/offer-ownership/": NO_SCOPE,
    "post /api/organization/accept-ownership/": NO_SCOPE,
    "get /api/invitations/": "read",
    "post /api/invitations/": "members:write",
    "delete /api/invitations/{id}/": "members:write",
    "post /api/invitations/{id}/resend/": "members:write",
    "post /api/invitations/accept/": NO_SCOPE,
    "get /api/organization/": "read",
    "patch /api/organization/": NO_SCOPE,
    "get /api/organization/keys/": NO_SCOPE,
    "post /api/organization/keys/": NO_SCOPE,
    "delete /api/organization/keys/{id}/": NO_SCOPE,
    "post /api/organization/keys/{id}/rotate/": NO_SCOPE,
    "get /api/organization/audit/": "read",
    "get /api/webhooks/": NO_SCOPE,
    "post /api/webhooks/": NO_SCOPE,
    "get /api/webhooks/{id}/": NO_SCOPE,
    "patch /api/webhooks/{id}/": NO_SCOPE,
    "delete /api/webhooks/{id}/": NO_SCOPE,
    "get /api/webhooks/{id}/deliveries/": NO_SCOPE,
    "post /api/webhooks/{id}/rotate/": NO_SCOPE,
    "post /api/webhooks/{id}/redeliver/": NO_SCOPE,
}


def needed() -> Iterator[tuple[str, str]]:
    yield from SHARED.items()
    for app, contract in CONTRACTS.items():
        for operation in contract.operations:
            yield operation, "read" if operation.startswith("get ") else f"{app}:write"


NEEDED = dict(needed())


def test_every_operation_is_listed() -> None:
    assert OPERATIONS.keys() <= NEEDED.keys()


def is_denied(client: APIClient, operation: str) -> bool:
    """Send the operation for a row that does not exist, and return whether a scope is missing."""
    method, url = operation.split()
    url = re.sub(r"\{\w+\}", "999999", url)
    with transaction.atomic():
        response = client.generic(method.upper(), url, "{}", content_type="application/json")
        b"".join(response)  # Reading a file to its end closes it.
        transaction.set_rollback(True)
    return response.status_code == 403 and response.json()["code"] == "insufficient_scope"


@pytest.fixture
def _file(acme: Organization, settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    with tenant_context(acme):
        default_storage.save("report.txt", ContentFile("acme's"))


@pytest.mark.usefixtures("_file")
@pytest.mark.parametrize("operation", NEEDED)
def test_an_operation_needs_its_scope_and_no_other(alice: User, operation: str) -> None:
    scopes = known_scopes()
    allowed = {
        scope for scope in scopes if not is_denied(token_client(alice, scopes=[scope]), operation)
    }

    expected = {NO_SCOPE: frozenset(), ANY_SCOPE: scopes}.get(
        NEEDED[operation], {NEEDED[operation]}
    )
    assert allowed == expected


@pytest.mark.usefixtures("_file")
@pytest.mark.parametrize("operation", NEEDED)
def test_a_token_without_scopes_may_what_its_role_may(alice: User, operation: str) -> None:
    assert not is_denied(token_client(alice), operation)


@pytest.mark.usefixtures("_file")
@pytest.mark.parametrize("operation", NEEDED)
def test_all_scopes_together_allow_no_operation_without_a_scope(
    alice: User, operation: str
) -> None:
    client = token_client(alice, scopes=sorted(known_scopes()))

    assert is_denied(client, operation) == (NEEDED[operation] == NO_SCOPE)


def test_apps_announce_their_scopes() -> None:
    assert {"read", *(f"{app}:write" for app in CONTRACTS)} <= known_scopes()
