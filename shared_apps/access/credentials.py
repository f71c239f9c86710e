"""The credentials of a request: a token in the header, or a browser session."""

from http import HTTPStatus

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from shared_apps.core.errors import DomainError
from shared_apps.users.managers import MAX_TOKEN
from shared_apps.users.models import User

from .principal import Principal, principal_of_token, principal_of_user

ORGANIZATION_SESSION_KEY = "organization"


def authenticate_caller(request: HttpRequest) -> Principal | None:
    """Return the caller, or None without credentials.

    A token comes before a session: an invalid token is an error even with a valid session.

    Raises:
        DomainError: 401 `invalid_token`.
    """
    plaintext = _token_of(request)
    if plaintext is None:
        return _principal_of_session(request)
    principal = principal_of_token(plaintext) if len(plaintext) <= MAX_TOKEN else None
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
    if SESSION_KEY not in request.session:
        return None
    principal = principal_of_user(
        int(request.session[SESSION_KEY]),
        choice=request.session.get(ORGANIZATION_SESSION_KEY),
    )
    if principal is None or not _session_has_current_password(principal.user, request):
        return None
    return principal


def _session_has_current_password(user: User, request: HttpRequest) -> bool:
    """Check that the password has not changed since the sign-in, as Django does."""
    stored = request.session.get(HASH_SESSION_KEY, "")
    valid = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return any(constant_time_compare(stored, each) for each in valid)
