"""Sign-in, sign-out and the choice of an organization."""

from http import HTTPStatus
from typing import Any

from django.contrib.auth import authenticate, logout
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from shared_apps.core.errors import DomainError
from shared_apps.organizations.models import Organization
from shared_apps.users.models import ApiToken, User
from shared_apps.users.services import token_issue, token_revoke

from .credentials import ORGANIZATION_SESSION_KEY
from .principal import Principal, not_a_member, principal_of_user


def token_create(
    *, request: HttpRequest, email: str, password: str, schema_name: str | None = None
) -> tuple[Principal, ApiToken, str]:
    """Exchange a password for a token of one organization.

    Args:
        schema_name: the organization; the user's own if None.

    Returns:
        The caller in that organization, the token, and its plaintext, which is not stored.

    Raises:
        DomainError: 400 `invalid_credentials` for any wrong credential; 403 for an unusable or
            unknown organization.
    """
    user = authenticate(request, username=email, password=password)
    if user is None:
        raise DomainError("invalid_credentials", "Wrong email or password.", HTTPStatus.BAD_REQUEST)
    principal = _caller_in(user.pk, schema_name)
    organization = principal.usable_organization()
    return principal, *token_issue(user=principal.user, organization=organization)


def organization_choose(*, request: HttpRequest, user: User, schema_name: str) -> Principal:
    """Store the organization in the caller's session, and return the caller in it.

    Raises:
        DomainError: 403 for an unusable or unknown organization.
    """
    principal = _caller_in(user.pk, schema_name)
    request.session[ORGANIZATION_SESSION_KEY] = principal.usable_organization().pk
    return principal


@receiver(user_logged_in)
def forget_choice(request: HttpRequest, **_: Any) -> None:
    """Start each sign-in in the user's own organization.

    Django keeps the session of a user who signs in again. The organization chosen in it may be
    unusable now.
    """
    request.session.pop(ORGANIZATION_SESSION_KEY, None)


def _caller_in(user_id: int, schema_name: str | None) -> Principal:
    """Return the caller in that organization, or in their own if None.

    An unknown organization gets the same error as one without a membership.
    """
    organizations = Organization.objects.filter(schema_name=schema_name)
    choice = organizations.values_list("pk", flat=True).first() if schema_name else None
    principal = principal_of_user(user_id, choice=choice)
    if principal is None or (schema_name and choice is None):
        raise not_a_member()
    return principal


def sign_out(*, request: HttpRequest, principal: Principal) -> None:
    """End the token or the session of the request."""
    if principal.token_id is None:
        logout(request)
    else:
        assert principal.organization is not None
        token = ApiToken(
            pk=principal.token_id, user=principal.user, organization=principal.organization
        )
        token_revoke(token=token)
