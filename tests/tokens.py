"""Clients with tokens that people made, and with keys of an organization."""

from typing import Any

from rest_framework.test import APIClient

from shared_apps.organizations.models import Organization
from shared_apps.users.models import ApiToken, User

TOKENS = "/api/me/tokens/"
MADE: dict[str, Any] = {"name": "Report", "is_sign_in": False}


def client_with(plaintext: str) -> APIClient:
    return APIClient(headers={"Authorization": f"Token {plaintext}"})


def token_client(user: User, organization: Organization | None = None, **fields: Any) -> APIClient:
    """Return a client with a token that the user made, for all of their role by default."""
    organization = organization or user.organization
    assert organization is not None
    _, plaintext = ApiToken.objects.issue(user=user, organization=organization, **MADE | fields)
    return client_with(plaintext)


def key_of(organization: Organization, **fields: Any) -> tuple[ApiToken, APIClient]:
    """Return a key, of an admin by default, and a client with it."""
    given = MADE | {"name": "Shop", "role": "admin"} | fields
    key, plaintext = ApiToken.objects.make(organization=organization, **given)
    return key, client_with(plaintext)


def make_token(client: APIClient, **body: Any) -> Any:
    """Make a token by the API, as a person does."""
    return client.post(TOKENS, {"name": "Report", "scopes": None, **body}, format="json")


def code_of(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["code"]
