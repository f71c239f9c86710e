"""A mail for a sign-in with a browser that the user has not used before.

The browser remembers its users itself, in a signed cookie. It is new again for a user who gets
another password elsewhere: the old one may have been a thief's.
"""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from shared_apps.users.models import User

from .second_factor import mails

_AGE = timedelta(days=400)  # Browsers keep no cookie longer.
_MAX = 20  # users of a browser
_SALT = "shared_apps.accounts.known_devices.passwords"


def device_remember(
    *, request: HttpRequest, response: HttpResponse, user: User, is_sign_up: bool
) -> None:
    """Remember the browser, and mail the user if it is new.

    Args:
        is_sign_up: True for the browser that created the account, which needs no mail.
    """
    if not is_sign_up and not _is_known(request, user):
        mails.new_device(user)
    _write(request, response, user)


def device_renew(
    *, request: HttpRequest, response: HttpResponse, before: User, after: User
) -> None:
    """Keep the browser known in which its user has chosen another password.

    Args:
        before: the user with the old password; a browser that was new for it stays new.
        after: the user with the new password.
    """
    if _is_known(request, before):
        _write(request, response, after)


def _is_known(request: HttpRequest, user: User) -> bool:
    stored = _users_of(request).get(str(user.pk), "")
    valid = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return any(constant_time_compare(stored, each) for each in valid)


def _write(request: HttpRequest, response: HttpResponse, user: User) -> None:
    known = _users_of(request)
    known.pop(str(user.pk), None)
    known[str(user.pk)] = user.get_session_auth_hash()
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        signing.dumps(dict([*known.items()][-_MAX:]), salt=_SALT),
        max_age=_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _users_of(request: HttpRequest) -> dict[str, str]:
    """Return the primary keys of the browser's users, with a digest of the password of each."""
    try:
        known: dict[str, str] = signing.loads(
            request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""), salt=_SALT, max_age=_AGE
        )
    except signing.BadSignature:
        return {}
    return known
