"""Changing one's address: confirmed from the new one, and undone from the old one.

Each service locks the user first, so concurrent links of a user are used one after the other.
"""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from shared_apps.access.throttles import mail_throttles
from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record
from shared_apps.core.errors import DomainError
from shared_apps.core.request import client_address
from shared_apps.core.throttles import count
from shared_apps.jobs.mail import mail_send
from shared_apps.jobs.mail.facts import Facts, facts_of
from shared_apps.users.models import User, password_replaced
from shared_apps.users.services import user_unchanged
from shared_apps.users.token_form import new_link_token
from shared_apps.users.verification import is_verified, mark_verified

from .links import link_invalid, link_to
from .models import LINK_LIFETIME, UNDO_LIFETIME, EmailChange
from .recovery import BEFORE, account_recover
from .verifications import verification_send


def email_change_begin(*, request: HttpRequest, user: User, new_email: str, password: str) -> None:
    """Send a link to the new address, and a notice to the old one.

    An address with another account gets the link, too: only that shows that it is taken.

    Args:
        new_email: or the present address, if it is not verified.
        password: a wrong one counts as a failed sign-in.

    Raises:
        ValidationError: by field.
        DomainError: 400 `invalid_address`, 429 `throttled`.
    """
    found = authenticate(request, username=user.email, password=password)
    if not isinstance(found, User) or found.pk != user.pk:
        raise _not_the_password()
    if User.objects.with_address(new_email).filter(pk=user.pk).exists():
        if is_verified(user):
            raise ValidationError({"email": "This is your address already."})
        verification_send(request=request, user=user)
        return
    count(*mail_throttles(to=new_email, address=client_address(request)))
    token, digest = new_link_token()
    told = {"old": user.email, "new": new_email, "facts": facts_of(request)}
    with transaction.atomic():
        if user_unchanged(found) is None:
            raise _not_the_password()
        EmailChange.objects.create(
            user=user,
            new_email=new_email,
            old_email=user.email,
            confirm_digest=digest,
            expires_at=timezone.now() + LINK_LIFETIME,
        )
        _mail(new_email, "email_confirm", told, link_to("email-change-confirm", token))
        _mail(user.email, "email_requested", told)


def _not_the_password() -> ValidationError:
    return ValidationError({"password": "This is not your password."})


def email_change_confirm(*, user: User, token: str, facts: Facts) -> EmailChange:
    """Use the new address from now on; it is verified. The old one gets the link that undoes it.

    Args:
        user: who is signed in. Another user cannot confirm: by a typo, the new address may be a
            stranger's.

    Raises:
        DomainError: 409 `email_taken`, 410 `link_invalid`.
    """
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        change = EmailChange.objects.of_token(token)
        if change is None or change.user_id != user.pk or change.old_email != user.email:
            raise link_invalid()
        undo_token, change.undo_digest = new_link_token()
        change.confirmed_at = timezone.now()
        change.expires_at = change.confirmed_at + UNDO_LIFETIME
        change.save(update_fields=["undo_digest", "confirmed_at", "expires_at"])
        _set_email(user, change.new_email)
        told = {"old": change.old_email, "new": change.new_email, "facts": facts}
        _mail(change.new_email, "email_changed", told)
        _mail(change.old_email, "email_left", told, link_to("email-change-undo", undo_token))
    return change


def email_change_undo(*, token: str, facts: Facts) -> str:
    """Restore the address before a change, and end all sessions of the user.

    Later changes are undone, too: one may have been made to keep this link from working. Tokens and
    second factors that a thief may have added end, and so does the password.

    Returns:
        The path of the page where the user chooses a new password.

    Raises:
        DomainError: 409 `email_taken`; 410 `link_invalid`, also if staff have set the address
            since the change, or deactivated the user.
    """
    found = EmailChange.objects.of_undo_token(token)
    if found is None:
        raise link_invalid()
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).get(pk=found.user_id)
        change = EmailChange.objects.of_undo_token(token)
        # A concurrent request can have used the link.
        if change is None or not user.is_active or not _led_to_the_email(change, user):
            raise link_invalid()
        left = user.email
        user.email_changes.filter(pk__gte=change.pk).delete()
        _set_email(user, change.old_email)
        since = change.created_at - BEFORE
        path = account_recover(
            user=user,
            factors_since=since,
            tokens_since=since,
            reason="A change of the email was undone.",
        )
        told = {"old": change.old_email, "new": left}
        _mail(change.old_email, "email_restored", {**told, "facts": facts})
        # Not from where: a stranger may read it.
        _mail(left, "email_restored", {**told, "facts": []})
    return path


def _led_to_the_email(change: EmailChange, user: User) -> bool:
    """Return whether the change and the user's later ones led to the email, and not staff."""
    email = change.new_email
    later = user.email_changes.filter(confirmed_at__gt=change.confirmed_at)
    for each in later.order_by("confirmed_at"):
        if each.old_email != email:
            return False
        email = each.new_email
    return email == user.email


@receiver(password_replaced)
def end_unconfirmed_changes(user: User, **_: Any) -> None:
    """Delete changes that were asked for with the old password, which a thief may have known."""
    user.email_changes.filter(confirmed_at=None).delete()


def _set_email(user: User, email: str) -> None:
    """Save an address; its mail was read, so it is verified.

    Raises:
        DomainError: 409 `email_taken`.
    """
    before, user.email = user.email, email
    taken = DomainError("email_taken", f"Another account uses {email}. Choose another address.")
    if User.objects.with_address(email).exclude(pk=user.pk).exists():
        raise taken
    try:
        with transaction.atomic():
            user.save(update_fields=["email"])
            mark_verified(user)
            record(
                AuditAction.USER_CHANGED,
                subject=user,
                actor=user,
                fields=["email"],
                email_before=before,
            )
    except IntegrityError as error:
        raise taken from error


def _mail(to: str, name: str, told: Mapping[str, object], url: str = "") -> None:
    reset_url = link_to("account_reset_password")
    mail_send(
        to=to,
        template=f"accounts/mails/{name}",
        context={**told, "reset_url": reset_url},
        sealed={"url": url} if url else None,
    )
