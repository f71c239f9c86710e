"""Creating an account: by a form and the link in a mail, or by the link of an invitation."""

from django.contrib.auth.hashers import check_password, make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from shared_apps.access.throttles import mail_throttles, sign_in_throttles
from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record
from shared_apps.core.addresses import address_key
from shared_apps.core.errors import DomainError
from shared_apps.core.throttles import count
from shared_apps.jobs.mail.facts import Facts
from shared_apps.organizations.acceptance import require_live
from shared_apps.organizations.models import Invitation
from shared_apps.users.models import User
from shared_apps.users.sign_up import require_sign_up

from . import tasks
from .links import link_invalid
from .models import LINK_LIFETIME, PendingSignUp


def sign_up_begin(
    *, email: str, name: str, password: str, address: str | None, facts: Facts
) -> PendingSignUp:
    """Store a sign-up, and have a mail sent to its address.

    A worker decides which mail, so nothing here depends on whether the address has an account.

    Args:
        password: it was validated.
        address: the IP address of the caller.
        facts: about this request, for the mail.

    Raises:
        DomainError: 403 `sign_up_closed`, 400 `invalid_address`, 429 `throttled`.
    """
    require_sign_up(invited=False)
    pending = PendingSignUp(
        email_key=address_key(email),
        email=email,
        name=name,
        expires_at=timezone.now() + LINK_LIFETIME,
    )
    count(*mail_throttles(to=email, address=address))
    pending.password = make_password(password)
    with transaction.atomic():
        pending.save()
        tasks.answer_sign_up.enqueue(pending.pk, facts)
    return pending


def sign_up_complete(*, token: str, password: str | None, address: str | None) -> User:
    """Create the account of a link.

    Args:
        password: that of the sign-up; None if the caller's browser is the one that signed up. A
            stranger may have entered this address: their password must not open the account.
        address: the IP address of the caller.

    Raises:
        ValidationError: the password is wrong.
        DomainError: 403 `sign_up_closed`, 409 `account_exists`, 410 `link_invalid`, 429
            `throttled`.
    """
    require_sign_up(invited=False)
    pending = PendingSignUp.objects.of_token(token)
    if pending is None:
        raise link_invalid()
    if password is not None:
        count(*sign_in_throttles(email=pending.email, address=address))
        if not check_password(password, pending.password):
            raise ValidationError({"password": "This is not the password that you signed up with."})
    with transaction.atomic():
        # The links of one address, in any spelling, wait for each other.
        same = PendingSignUp.objects.filter(email_key=pending.email_key)
        list(same.select_for_update().order_by("pk"))
        return account_create(email=pending.email, name=pending.name, password=pending.password)


def sign_up_invited(*, invitation: Invitation, name: str, password: str) -> User:
    """Create the account of a person with the link of an invitation.

    The link came by the mail of the address, so it is verified.

    Args:
        password: it was validated.

    Raises:
        ValidationError: by field.
        DomainError: 403 `sign_up_closed`, 409 `account_exists`, 410 `invitation_expired`.
    """
    require_sign_up(invited=True)
    require_live(invitation=invitation)
    _require_no_account(invitation.email)  # Before the hash, which takes long.
    return account_create(email=invitation.email, name=name, password=make_password(password))


def account_create(*, email: str, name: str, password: str) -> User:
    """Create a user who has proved to read the mail of their address.

    Args:
        password: the hash.

    Raises:
        ValidationError: by field.
        DomainError: 409 `account_exists`.
    """
    user = User(email=email, name=name, password=password)
    # PostgreSQL checks that the address is free, also for concurrent calls.
    user.full_clean(validate_unique=False, validate_constraints=False)
    _require_no_account(email)
    try:
        with transaction.atomic():
            user.save()
            record(AuditAction.USER_CREATED, subject=user, actor=user, signed_up=True)
    except IntegrityError as error:
        raise _account_exists() from error
    return user


def _require_no_account(email: str) -> None:
    if User.objects.with_address(email).exists():
        raise _account_exists()


def _account_exists() -> DomainError:
    return DomainError("account_exists", "There is an account with this address already. Sign in.")
