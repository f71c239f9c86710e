"""Whether the address of a user is verified.

allauth's table has a row for an address that is not verified, and none for others. So users of
staff, of commands and of earlier releases are verified. A trigger adds the row when a user gets
another address (migration 0001 of `accounts`). A service with a proof of the new address deletes it
in the same transaction.
"""

from allauth.account.models import EmailAddress

from .models import User


def is_verified(user: User) -> bool:
    unverified = EmailAddress.objects.filter(user_id=user.pk, verified=False)
    return not unverified.filter(email__iexact=user.email).exists()


def mark_verified(user: User) -> None:
    EmailAddress.objects.filter(user_id=user.pk).delete()
