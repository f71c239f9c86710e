"""The second factor of a sign-in by API: `code` beside the password."""

from http import HTTPStatus
from typing import Any

from django.dispatch import receiver
from django.http import HttpRequest

from shared_apps.access.services import password_accepted, token_issued
from shared_apps.access.throttles import sign_in_throttles
from shared_apps.core.errors import DomainError
from shared_apps.core.request import client_address
from shared_apps.core.throttles import count_more
from shared_apps.users.models import User

from .codes import code_use, has_second_factor, sign_in_refuse


@receiver(password_accepted)
def require_code(request: HttpRequest, user: User, code: str, **_: Any) -> None:
    """Check the code of a user with a second factor.

    A missing one does not count for the account: a program may ask its user after this error.

    Raises:
        DomainError: 401 `second_factor_required`, 429 `throttled`.
    """
    if not has_second_factor(user):
        return
    if code:
        authenticator = code_use(user=user, code=code)
        if authenticator:
            authenticator.record_usage()
            request.second_factor_passed = True  # type: ignore[attr-defined]
            return
        sign_in_refuse(request=request, user=user)
    else:
        account, _address = sign_in_throttles(email=user.email, address=client_address(request))
        count_more(-1, account)
    raise _code_required()


@receiver(token_issued)
def require_still_none(request: HttpRequest, user: User, **_: Any) -> None:
    """Prevent a sign-in without a factor if the user has added the first one since it began.

    Raises:
        DomainError: 401 `second_factor_required`.
    """
    if not hasattr(request, "second_factor_passed") and has_second_factor(user):
        raise _code_required()


def _code_required() -> DomainError:
    return DomainError(
        "second_factor_required",
        "Send the current code of your authenticator app, or a recovery code, as `code`.",
        HTTPStatus.UNAUTHORIZED,
    )
