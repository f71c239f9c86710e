"""Which mail a visitor gets who signs up or forgot a password. A worker decides."""

from django.db import transaction

from shared_apps.jobs.mail import mail_send
from shared_apps.jobs.mail.facts import Facts
from shared_apps.users.link_tokens import reset_tokens
from shared_apps.users.models import User
from shared_apps.users.token_form import new_link_token

from .links import link_to
from .models import PendingSignUp


@transaction.atomic
def answer_sign_up(pending_id: int, facts: Facts) -> None:
    """Send the link that creates the account; or tell an active user that there is one.

    The mail contains no text of the caller: anyone could write to anyone through it.
    """
    waiting = PendingSignUp.objects.select_for_update().filter(pk=pending_id, digest=None)
    pending = waiting.first()
    if pending is None:  # A worker sent the mail, and was killed before it stored that.
        return
    if accounts := list(User.objects.with_address(pending.email)):
        pending.delete()
        for user in accounts:
            _tell_registered(user, facts)
        return
    token, pending.digest = new_link_token()
    pending.save(update_fields=["digest"])
    mail_send(
        to=pending.email,
        template="accounts/mails/confirm",
        context={"facts": facts},
        sealed={"url": link_to("sign-up-confirm", token)},
    )


def _tell_registered(user: User, facts: Facts) -> None:
    if user.is_active:
        mail_send(
            to=user.email,
            template="accounts/mails/already_registered",
            context={
                "facts": facts,
                "sign_in_url": link_to("login"),
                "reset_url": link_to("account_reset_password"),
            },
        )


def answer_password_reset(email: str, facts: Facts) -> None:
    """Send an active user the link for a new password."""
    for user in User.objects.with_address(email).filter(is_active=True):
        token = reset_tokens.make_token(user)
        mail_send(
            to=user.email,  # Not to the spelling of the caller.
            template="accounts/mails/password_reset",
            context={"facts": facts},
            sealed={"url": link_to("password-reset-confirm", user.pk, token)},
        )
