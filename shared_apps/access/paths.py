"""What each path asks of its caller; a path that is not named here needs an organization."""

from enum import Enum

from django.conf import settings
from django.urls import is_valid_path


class Need(Enum):
    """What a path needs to know about the caller before the view runs."""

    NOTHING = "open to anyone"
    CREDENTIALS_IF_ANY = "open to anyone, but a bad Authorization header gets 401"
    ORGANIZATION = "a caller, and an organization they can use"


_API = "/api/"
_EXACT = {
    "/": Need.NOTHING,
    "/api/auth/token/": Need.NOTHING,
}
_PREFIXES = {
    "/accounts/": Need.NOTHING,
    "/admin/": Need.NOTHING,
    settings.STATIC_URL: Need.NOTHING,
    "/api/auth/": Need.CREDENTIALS_IF_ANY,
    "/api/me/": Need.CREDENTIALS_IF_ANY,
    "/api/schema/": Need.CREDENTIALS_IF_ANY,
    "/api/docs/": Need.CREDENTIALS_IF_ANY,
}


def need_of(path: str) -> Need:
    """Return what a request to that path needs; the last slash does not matter.

    Django redirects /admin to /admin/; the redirect needs no sign-in.
    """
    path = f"{path.removesuffix('/')}/"
    if path in _EXACT:
        return _EXACT[path]
    for prefix, need in _PREFIXES.items():
        if path.startswith(prefix):
            return need
    return Need.ORGANIZATION


def exists(path: str) -> bool:
    """Return whether a URL matches that path; below /api/ one takes all that is left."""
    return path.startswith(_API) or bool(is_valid_path(path))
