"""What each path needs; a path that is not listed needs an organization."""

from enum import Enum

from django.conf import settings
from django.urls import is_valid_path


class Need(Enum):
    NOTHING = "public"
    CREDENTIALS_IF_ANY = "public, but an invalid token gets 401"
    ORGANIZATION = "a caller with a usable organization"


_API = "/api/"
_EXACT = {
    "/": Need.NOTHING,
    "/organizations/new/": Need.NOTHING,
    "/api/auth/token/": Need.NOTHING,
    "/api/invitations/accept/": Need.CREDENTIALS_IF_ANY,
}
_PREFIXES = {
    "/accounts/": Need.NOTHING,
    "/admin/": Need.NOTHING,
    "/dev/": Need.NOTHING,  # It exists in development only.
    settings.STATIC_URL: Need.NOTHING,
    "/invitations/": Need.CREDENTIALS_IF_ANY,
    "/me/": Need.CREDENTIALS_IF_ANY,
    "/api/auth/": Need.CREDENTIALS_IF_ANY,
    "/api/me/": Need.CREDENTIALS_IF_ANY,
    "/api/schema/": Need.CREDENTIALS_IF_ANY,
    "/api/docs/": Need.CREDENTIALS_IF_ANY,
}


def need_of(path: str) -> Need:
    """Return what a path needs, with or without its last slash.

    Django redirects /admin to /admin/, and the redirect needs no sign-in.
    """
    path = f"{path.removesuffix('/')}/"
    if path in _EXACT:
        return _EXACT[path]
    for prefix, need in _PREFIXES.items():
        if path.startswith(prefix):
            return need
    return Need.ORGANIZATION


def exists(path: str) -> bool:
    """Return whether a URL pattern matches; below /api/ a last pattern matches every path."""
    return path.startswith(_API) or bool(is_valid_path(path))
