"""Audit entries and mails when a second factor comes or goes, whatever code does it."""

from typing import Any

from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_reset
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record
from shared_apps.users.models import User

from . import mails
from .services import is_first, sign_ins_without_it_end
from .undo import undo_link

_KINDS = {
    Authenticator.Type.TOTP: "An authenticator app",
    Authenticator.Type.WEBAUTHN: "A passkey",
}


@receiver(post_save, sender=Authenticator)
def record_added(instance: Authenticator, *, created: bool, **_: Any) -> None:
    if not created:
        return
    kind = _KINDS.get(instance.type)
    if kind is None:
        record(AuditAction.RECOVERY_CODES_CREATED, subject=instance.user)
    else:
        record(AuditAction.SECOND_FACTOR_ADDED, subject=instance.user, factor=instance.type)
        if is_first(instance):
            sign_ins_without_it_end(user=instance.user, request=context.request)
        mails.factor_added(instance.user, kind=kind, undo_url=undo_link(instance))


@receiver(post_delete, sender=Authenticator)
def record_removed(instance: Authenticator, **_: Any) -> None:
    kind = _KINDS.get(instance.type)
    if kind is not None:
        record(AuditAction.SECOND_FACTOR_REMOVED, subject=instance.user, factor=instance.type)
        mails.factor_removed(instance.user, kind=kind)


@receiver(authenticator_reset)
def mail_replaced_codes(user: User, **_: Any) -> None:
    mails.recovery_codes_replaced(user)
