"""Sign-in after a right password."""

from allauth.account.internal.flows.login import (
    clear_authentication_records,
    perform_password_login,
)
from allauth.account.models import Login
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from shared_apps.users.models import User

from .second_factor.codes import has_second_factor
from .stages import AUTH_HASH


def sign_in(
    *, request: HttpRequest, user: User, redirect_url: str, is_sign_up: bool = False
) -> HttpResponse:
    """Begin the stages of a sign-in; the last one opens the session.

    The user of this browser is signed out first: the stages are only for visitors. The session of
    the same user stays if no second factor is asked for.

    Args:
        user: who gave the right password.
        redirect_url: where the sign-in leads to, on this host.
        is_sign_up: whether this request has created the user.
    """
    if request.user.is_authenticated and (request.user != user or has_second_factor(user)):
        logout(request)
    clear_authentication_records(request)
    login = Login(
        user=user,
        email=user.email,
        redirect_url=redirect_url,
        signup=is_sign_up,
        state={AUTH_HASH: user.get_session_auth_hash()},
    )
    response: HttpResponse = perform_password_login(request, {"email": user.email}, login)
    return response
