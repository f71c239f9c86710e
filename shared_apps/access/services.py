"""Sign-in, sign-out and the choice of an organization."""

from django.contrib.auth import authenticate, logout
from django.db import IntegrityError, transaction
from django.dispatch import Signal
from django.http import HttpRequest

from shared_apps.organizations.models import Organization
from shared_apps.users.models import ApiToken, SignInSession, User
from shared_apps.users.services import invalid_credentials, token_issue, token_revoke
from shared_apps.users.sessions import session_choose

from .principal import Principal, not_a_member, principal_of_user
from .sessions import CHOICE_OF_0_4_0, session_id

password_accepted = Signal()
"""Sent with `request`, `user` and `code` after a right password of a sign-in by API; a receiver may
raise a DomainError to prevent the sign-in."""

token_issued = Signal()
"""Sent with `request` and `user` in the transaction that issues the token and has locked the user;
a receiver may raise a DomainError to prevent the sign-in."""


def token_create(
    *,
    request: HttpRequest,
    email: str,
    password: str,
    code: str = "",
    schema_name: str | None = None,
) -> tuple[Principal, ApiToken, str]:
    """Exchange a password for a token of one organization.

    Args:
        code: the second factor of a user who has one.
        schema_name: the organization; the user's own if None.

    Returns:
        The caller in that organization, the token, and its plaintext, which is not stored.

    Raises:
        DomainError: 400 `invalid_credentials` for any wrong credential; 401
            `second_factor_required`; 403 for an unusable or unknown organization.
    """
    user = authenticate(request, username=email, password=password)
    if user is None:
        raise invalid_credentials()
    password_accepted.send(User, request=request, user=user, code=code)
    principal = _caller_in(user.pk, schema_name)
    organization = principal.usable_organization()
    with transaction.atomic():
        token, plaintext = token_issue(user=user, organization=organization)
        token_issued.send(User, request=request, user=user)
    return principal, token, plaintext


def organization_choose(*, request: HttpRequest, user: User, schema_name: str) -> Principal:
    """Make the organization the choice of the caller's session, and return the caller in it.

    Raises:
        DomainError: 403 for an unusable or unknown organization.
    """
    principal = _caller_in(user.pk, schema_name)
    organization = principal.usable_organization()
    row = SignInSession(pk=session_id(request), user=user)
    try:
        session_choose(session=row, organization_id=organization.pk)
    except IntegrityError as error:  # The membership ended meanwhile.
        raise not_a_member() from error
    request.session[CHOICE_OF_0_4_0] = organization.pk
    return principal


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
    """End the token or the session of the request.

    Raises:
        DomainError: 403 `not_a_person`: people delete a key.
    """
    user = principal.person
    if principal.token_id is None:
        logout(request)
    else:
        assert principal.organization is not None
        token = ApiToken(pk=principal.token_id, user=user, organization=principal.organization)
        token_revoke(token=token)
