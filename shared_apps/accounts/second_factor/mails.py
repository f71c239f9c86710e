"""Mails about the second factor, and about sign-ins with a new device."""

from collections.abc import Mapping
from typing import Any

import structlog
from allauth.core import context
from django.urls import reverse

from shared_apps.core.errors import DomainError
from shared_apps.core.links import absolute
from shared_apps.jobs.mail import mail_send
from shared_apps.jobs.mail.facts import facts_of
from shared_apps.users.models import User

logger: structlog.stdlib.BoundLogger = structlog.get_logger("accounts")


def factor_added(user: User, *, kind: str, undo_url: str) -> None:
    _send(user, "factor_added", sealed={"undo_url": undo_url}, kind=kind)


def factor_removed(user: User, *, kind: str) -> None:
    _send(user, "factor_removed", kind=kind)


def recovery_codes_replaced(user: User) -> None:
    _send(user, "recovery_codes_replaced")


def recovery_code_used(user: User, *, left: int) -> None:
    _send(user, "recovery_code_used", left=left)


def wrong_codes(user: User) -> None:
    _send(user, "wrong_codes")


def new_device(user: User) -> None:
    _send(user, "new_device")


def new_program(user: User) -> None:
    _send(user, "new_program")


def _send(
    user: User, template: str, *, sealed: Mapping[str, str] | None = None, **values: Any
) -> None:
    values |= {
        "email": user.email,
        "reset_url": absolute(reverse("account_reset_password")),
        "facts": facts_of(context.request) if context.request else [],
    }
    try:
        mail_send(
            to=user.email,
            template=f"accounts/second_factor/{template}",
            context=values,
            sealed=sealed,
        )
    except DomainError as invalid:  # The address cannot get mail, but its user can sign in.
        logger.warning("a user has no mail", reason=invalid.detail)
