"""The browser session of a request, and its row in `SignInSession`.

The session contains only the row's id. Without the row, it has no user.
"""

from contextlib import suppress
from functools import partial

from asgiref.sync import sync_to_async
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.middleware import AuthenticationMiddleware, get_user
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.contrib.sessions.backends.base import UpdateError
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from shared_apps.core.request import client_address
from shared_apps.users import sessions
from shared_apps.users.models import OldSessionsEnded, SignInSession, User
from shared_apps.users.services import user_unchanged
from tenantry.context import tenant_context

ROW = "sign_in_session"
CHOICE_OF_0_4_0 = "organization"
"""Where 0.4.0 kept the session's choice, and its servers still read it."""


class SessionUserMiddleware(AuthenticationMiddleware):
    """Django's middleware, but a session that was ended has no user."""

    def process_request(self, request: HttpRequest) -> None:
        request.user = SimpleLazyObject(partial(_user, request))  # type: ignore[assignment]
        request.auser = partial(_auser, request)


@tenant_context(None)  # Its roles cannot read sessions.
def _user(request: HttpRequest) -> User | AnonymousUser:
    user = get_user(request)
    if not isinstance(user, User):
        return AnonymousUser()
    if (pk := session_id(request)) is None:
        choice = _choice_of_0_4_0(request, user)
        return user if adopt_0_4_0(request, user, choice=choice) else AnonymousUser()
    row = SignInSession.objects.filter(pk=pk, user=user).first()
    if row is None:
        return AnonymousUser()
    sessions.session_use(
        session_id=row.pk, last_used=row.last_used, address=client_address(request)
    )
    return user


async def _auser(request: HttpRequest) -> User | AnonymousUser:
    return await sync_to_async(_user)(request)


def _choice_of_0_4_0(request: HttpRequest, user: User) -> int | None:
    """Return the organization that was chosen before the upgrade, if its membership goes on."""
    choice: int | None = request.session.get(CHOICE_OF_0_4_0)
    is_member = choice is not None and user.memberships.filter(organization_id=choice).exists()
    return choice if is_member else None


def session_id(request: HttpRequest) -> int | None:
    """Return the id of the session's row; None without one, as in sessions of 0.4.0."""
    found: int | None = request.session.get(ROW)
    return found


def session_user_id(request: HttpRequest) -> int | None:
    """Return the primary key of the session's user, who may be deactivated."""
    return int(request.session[SESSION_KEY]) if SESSION_KEY in request.session else None


@tenant_context(None)
def adopt_0_4_0(request: HttpRequest, user: User, *, choice: int | None) -> bool:
    """Create the row of a session that began before the upgrade.

    Concurrent requests of a browser use one row: without it, the row that the session does not
    contain would stay in the list, and ending it would end nothing.

    Returns:
        False if the session has ended, with all others of its user.
    """
    session = request.session
    # UpdateError: the user has signed out meanwhile.
    with suppress(UpdateError), transaction.atomic():
        ended = OldSessionsEnded.objects.filter(user=user)
        if user_unchanged(user) is None or ended.exists():
            return False
        if row := type(session)(session.session_key).load().get(ROW):
            session[ROW] = row
        else:
            adopt(request, user, choice=choice)
            session.save()
    return True


def adopt(request: HttpRequest, user: User, *, choice: int | None = None) -> SignInSession:
    """Create the row of the request's session.

    Args:
        choice: primary key of an organization of the user.
    """
    row = sessions.session_start(
        user_id=user.pk,
        device=request.headers.get("User-Agent", ""),
        address=client_address(request),
        organization_id=choice,
    )
    request.session[ROW] = row.pk
    return row


@receiver(user_logged_in)
def start_session(request: HttpRequest, user: User, **_: object) -> None:
    """Give each sign-in a row of its own, which works in the user's own organization.

    Django keeps the session of a user who signs in again. The organization chosen in it may be
    unusable now.
    """
    forget_session(request)
    request.session.pop(CHOICE_OF_0_4_0, None)
    adopt(request, user)


@receiver(user_logged_out)
def forget_session(request: HttpRequest, **_: object) -> None:
    """Delete the row of a session that its own user ends."""
    SignInSession.objects.filter(pk=request.session.pop(ROW, None)).delete()
