"""Proving that one reads the mail of one's address, after staff changed it."""

from django.db import transaction
from django.http import HttpRequest

from shared_apps.access.throttles import mail_throttles
from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record
from shared_apps.core.request import client_address
from shared_apps.core.throttles import count
from shared_apps.jobs.mail import mail_send
from shared_apps.jobs.mail.facts import facts_of
from shared_apps.users.link_tokens import LinkTokens
from shared_apps.users.models import User
from shared_apps.users.verification import mark_verified

from .links import link_invalid, link_to


class _Tokens(LinkTokens):
    key_salt = "shared_apps.accounts.verifications"


_tokens = _Tokens()


def verification_send(*, request: HttpRequest, user: User) -> None:
    """Send a link to the user's address; the link verifies it.

    Raises:
        DomainError: 400 `invalid_address`, 429 `throttled`.
    """
    count(*mail_throttles(to=user.email, address=client_address(request)))
    mail_send(
        to=user.email,
        template="accounts/mails/verify",
        context={"facts": facts_of(request)},
        sealed={"url": link_to("address-verify", user.pk, _tokens.make_token(user))},
    )


def find_verification(user_id: int, token: str) -> User:
    """Return the user of a link.

    Raises:
        DomainError: 410 `link_invalid`.
    """
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None or not _tokens.check_token(user, token):
        raise link_invalid()
    return user


def address_verify(*, user_id: int, token: str) -> User:
    """Verify the address that the link was sent to.

    Raises:
        DomainError: 410 `link_invalid`.
    """
    with transaction.atomic():
        # A concurrent change of the address waits, or has ended the link.
        User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
        user = find_verification(user_id, token)
        mark_verified(user)
        record(AuditAction.USER_CHANGED, subject=user, actor=user, fields=["email_verified"])
    return user
