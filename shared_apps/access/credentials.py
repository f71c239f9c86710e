"""The credentials of a request: a token in the header, or a browser session."""

from dataclasses import replace
from http import HTTPStatus

from django.contrib.auth import HASH_SESSION_KEY
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from shared_apps.core.errors import DomainError
from shared_apps.users.models import User
from shared_apps.users.token_form import is_possible

from .principal import Principal, principal_of_session, principal_of_token, principal_of_user
from .sessions import (
    CHOICE_OF_0_4_0,
    adopt_0_4_0,
    session_id,
    session_user_id,
)


def authenticate_caller(request: HttpRequest) -> Principal | None:
    """Return the caller, or None without credentials.

    A token comes before a session: an invalid token is an error even with a valid session.

    Raises:
        DomainError: 401 `invalid_token`.
    """
    plaintext = _token_of(request)
    if plaintext is None:
        return _principal_of_session(request)
    principal = principal_of_token(plaintext) if is_possible(plaintext) else None
    if principal is None:
        raise DomainError(
            "invalid_token",
            "This token is invalid or has expired. Sign in again to get a new one.",
            HTTPStatus.UNAUTHORIZED,
        )
    return principal


def _token_of(request: HttpRequest) -> str | None:
    """Return the token of `Authorization: Token <token>`, or "" if the header has no token.

    Other schemes, and the header outside /api/, are ignored.
    """
    if not request.path_info.startswith("/api/"):
        return None
    scheme, *token = request.headers.get("Authorization", "").split(maxsplit=1) or [""]
    return "".join(token).strip() if scheme.lower() == "token" else None


def _principal_of_session(request: HttpRequest) -> Principal | None:
    user_id, row = session_user_id(request), session_id(request)
    if user_id is None:
        return None
    if row is None:
        return _principal_of_0_4_0(request, user_id)
    principal = principal_of_session(row, user_id=user_id)
    return principal if principal and _has_current_password(principal.person, request) else None


def _principal_of_0_4_0(request: HttpRequest, user_id: int) -> Principal | None:
    """Return the caller of a session that began before the upgrade, and give it a row."""
    principal = principal_of_user(user_id, choice=request.session.get(CHOICE_OF_0_4_0))
    if principal is None or not _has_current_password(principal.person, request):
        return None
    chosen = CHOICE_OF_0_4_0 in request.session and principal.role
    choice = principal.organization.pk if chosen and principal.organization else None
    if not adopt_0_4_0(request, principal.person, choice=choice):
        return None
    return replace(principal, session_id=session_id(request))


def _has_current_password(user: User, request: HttpRequest) -> bool:
    """Check that the password has not changed since the sign-in, as Django does."""
    stored = request.session.get(HASH_SESSION_KEY, "")
    valid = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return any(constant_time_compare(stored, each) for each in valid)
