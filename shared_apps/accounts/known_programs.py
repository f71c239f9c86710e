"""A mail for a sign-in by API with a program, or from a network, that the user has not used before.

A program has no cookies, so the database remembers what it was.
"""

from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from shared_apps.access.services import token_issued
from shared_apps.access.throttles import network_of
from shared_apps.core.deletion import delete_in_batches
from shared_apps.core.devices import device_name
from shared_apps.core.request import client_address
from shared_apps.users.models import User, password_replaced

from .models import KnownProgram
from .second_factor import mails

MAX_MAILS = 5  # to a user in 24 hours
KEPT = timedelta(days=400)  # As the cookie of a browser.


@receiver(token_issued)
def remember_program(request: HttpRequest, user: User, **_: Any) -> None:
    """Mail the user about an unknown program, and remember it.

    One that is over the limit is not remembered: its next sign-in on another day is a mail. The
    sign-in has locked the user, so two concurrent ones send one mail.
    """
    own = KnownProgram.objects.filter(user=user)
    digest, today = _digest_of(request), timezone.now().date()
    known = own.filter(digest=digest).first()
    if known is not None:
        if known.last_used_on != today:
            known.last_used_on = today
            known.save(update_fields=["last_used_on"])
        return
    since = timezone.now() - timedelta(days=1)
    if own.filter(created_at__gt=since).count() < MAX_MAILS:
        KnownProgram.objects.create(user=user, digest=digest, last_used_on=today)
        mails.new_program(user)


@receiver(password_replaced)
def forget_programs_of(user: User, **_: Any) -> None:
    """Forget the programs that knew the old password: one may have been a thief's."""
    KnownProgram.objects.filter(user=user).delete()


def _digest_of(request: HttpRequest) -> str:
    """Return a digest of the program without its version, and of its network."""
    program, _, _version = device_name(request.headers.get("User-Agent", "")).partition("/")
    network = network_of(client_address(request))
    return sha256(f"{program}\n{network}".encode("utf-8", "surrogatepass")).hexdigest()


def programs_forget() -> int:
    """Delete programs that were not used for long, and return their number."""
    unused = KnownProgram.objects.filter(last_used_on__lt=timezone.now().date() - KEPT)
    return delete_in_batches(unused)
