"""A mail for a sign-in with a browser that the user has not used before.

The browser remembers its users itself, in a signed cookie.
"""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from shared_apps.users.models import User

from .second_factor import mails

_AGE = timedelta(days=400)  # Browsers keep no cookie longer.
_MAX = 20  # users of a browser
_SALT = "shared_apps.accounts.known_devices"


def device_remember(
    *, request: HttpRequest, response: HttpResponse, user: User, is_sign_up: bool
) -> None:
    """Remember the browser, and mail the user if it is new.

    Args:
        is_sign_up: True for the browser that created the account, which needs no mail.
    """
    known = _users_of(request)
    if user.pk not in known and not is_sign_up:
        mails.new_device(user)
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        signing.dumps([*(pk for pk in known if pk != user.pk), user.pk][-_MAX:], salt=_SALT),
        max_age=_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _users_of(request: HttpRequest) -> list[int]:
    try:
        known: list[int] = signing.loads(
            request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""), salt=_SALT, max_age=_AGE
        )
    except signing.BadSignature:
        return []
    return known
