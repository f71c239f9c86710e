"""Who may create an account: the setting SIGN_UP."""

from http import HTTPStatus

from django.conf import settings

from shared_apps.core.errors import DomainError


def may_sign_up(*, invited: bool) -> bool:
    """Return whether a person without an account may create one.

    Args:
        invited: whether they have a pending invitation.
    """
    return settings.SIGN_UP == "open" or (settings.SIGN_UP == "invited" and invited)


def require_sign_up(*, invited: bool) -> None:
    """Raise unless a person without an account may create one.

    Raises:
        DomainError: 403 `sign_up_closed`.
    """
    if may_sign_up(invited=invited):
        return
    detail = "You cannot create an account here. Ask the people who run this service for one."
    if settings.SIGN_UP == "invited":
        detail = "You need an invitation to create an account. Ask an organization to invite you."
    raise DomainError("sign_up_closed", detail, HTTPStatus.FORBIDDEN)
